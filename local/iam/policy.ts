import { type Condition, readConditions } from './conditions.ts';
import { isKnownKey } from './keys.ts';
import { type Fits, pattern, variablesIn } from './patterns.ts';
import { PolicyError } from './policy-error.ts';

/** Where a policy stands: at a role, at a resource, or as the trust policy of a role. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

/** A statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Selection;
  readonly resources: Selection;
  /** Whom it is about; undefined in a role's own policies. */
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
}

/** What an element such as `Action` selects, or `NotAction` leaves out. */
export interface Selection {
  readonly isNot: boolean;
  readonly patterns: readonly { readonly text: string; readonly fits: Fits }[];
}

export interface Principals {
  readonly isNot: boolean;
  /** ARNs, account ids and `*`. */
  readonly aws: readonly string[];
  /** Such as `lambda.amazonaws.com`. */
  readonly services: readonly string[];
}

const KNOWN = new Set([
  'Action',
  'Condition',
  'Effect',
  'NotAction',
  'NotPrincipal',
  'NotResource',
  'Principal',
  'Resource',
  'Sid',
]);
const EVERYTHING: Selection = { isNot: false, patterns: [{ text: '*', fits: () => true }] };

type Given = Readonly<Record<string, unknown>>;

/** Reads a policy's document, its intrinsics already resolved.
 *  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *  @param place says in errors which policy it is.
 *  @throws PolicyError naming what is not known here, or not as it has to be. */
export function readPolicy(document: unknown, kind: PolicyKind, place: string): readonly Statement[] {
  const given = (typeof document === 'string' ? JSON.parse(document) : document) as Given | undefined;
  if (given?.Statement === undefined) throw new PolicyError(place, 'found no Statement; expected one or more');
  // Policies of 2008, which is the default, know no variables.
  const hasVariables = given.Version === '2012-10-17';
  return [given.Statement].flat().map((statement, n) => {
    return readStatement(statement as Given, kind, `${place} Statement[${n}]`, hasVariables);
  });
}

function readStatement(given: Given, kind: PolicyKind, place: string, hasVariables: boolean): Statement {
  const unknown = Object.keys(given).find((name) => !KNOWN.has(name));
  if (unknown) throw new PolicyError(place, `the element ${unknown} is not known here`);
  const { Effect: effect } = given;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicyError(place, `Effect is ${JSON.stringify(effect)}; expected "Allow" or "Deny"`);
  }
  const principals = readPrincipals(given, place);
  if ((kind === 'identity') !== (principals === undefined)) {
    throw new PolicyError(place, kind === 'identity' ? 'a policy of a role has no Principal' : 'found no Principal');
  }
  return {
    effect,
    actions: readSelection(given, 'Action', place, false, 'i'),
    resources: kind === 'trust' ? EVERYTHING : readSelection(given, 'Resource', place, hasVariables),
    principals,
    conditions: readConditions(given.Condition, place, hasVariables),
  };
}

function readSelection(
  given: Given,
  name: 'Action' | 'Resource',
  place: string,
  hasVariables: boolean,
  flags: '' | 'i' = '',
): Selection {
  const not = given[`Not${name}`];
  const texts = [given[name] ?? not].flat();
  if (!texts.every((text): text is string => typeof text === 'string') || (given[name] !== undefined && not)) {
    throw new PolicyError(place, `expected either ${name} or Not${name}, with texts`);
  }
  const unknown = hasVariables ? texts.flatMap(variablesIn).find((variable) => !isKnownKey(variable)) : undefined;
  if (unknown) throw new PolicyError(place, `the policy variable ${unknown} is not known here`);
  const patterns = texts.map((text) => ({ text, fits: pattern(text, hasVariables, flags) }));
  return { isNot: not !== undefined, patterns };
}

function readPrincipals({ Principal, NotPrincipal }: Given, place: string): Principals | undefined {
  const given = Principal ?? NotPrincipal;
  if (given === undefined) return undefined;
  const isNot = NotPrincipal !== undefined;
  if (given === '*') return { isNot, aws: ['*'], services: [] };
  if (typeof given !== 'object') throw new PolicyError(place, `Principal is ${JSON.stringify(given)}`);
  const { AWS = [], Service = [] } = given as Given;
  const texts = (value: unknown) => [value].flat().map(String);
  return { isNot, aws: texts(AWS), services: texts(Service) };
}
