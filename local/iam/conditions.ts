import { isKnownKey } from './keys.ts';
import { filledIn, pattern, type Variables, wildcards } from './patterns.ts';
import { PolicyError } from './policy-error.ts';

/** Whether one condition of a statement holds for a call. */
export type Condition = (values: Variables) => boolean;

/** Compares a value of the call with one of the policy. */
type Compare = (found: string, wanted: string, values: Variables, hasVariables: boolean) => boolean;

interface Operator {
  readonly compare: Compare;
  /** Holds when no wanted value compares, also when the call has no such value. */
  readonly isNegated?: boolean;
}

const filled = (wanted: string, values: Variables, hasVariables: boolean) =>
  hasVariables ? filledIn(wanted, values) : wanted;

const same: Compare = (found, wanted, ...rest) => found === filled(wanted, ...rest);
const sameIgnoringCase: Compare = (found, wanted, ...rest) =>
  found.toLowerCase() === filled(wanted, ...rest)?.toLowerCase();
const like: Compare = (found, wanted, values, hasVariables) => pattern(wanted, hasVariables)(found, values);

/** Each of the six parts of an ARN for itself. */
const likeArn: Compare = (found, wanted, ...rest) => {
  const text = filled(wanted, ...rest);
  if (text === undefined) return false;
  const [foundParts, wantedParts] = [partsOf(found), partsOf(text)];
  return wantedParts.length === 6 && wantedParts.every((part, n) => wildcards(part).test(foundParts[n] ?? ''));
};
const partsOf = (arn: string): readonly string[] => {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
};

type Order = (order: number) => boolean;
const numeric =
  (holds: Order): Compare =>
  (found, wanted) =>
    holds(Number(found) - Number(wanted));
/** Dates as RFC 3339 or seconds of the epoch. */
const dated =
  (holds: Order): Compare =>
  (found, wanted) =>
    holds(timeOf(found) - timeOf(wanted));
const timeOf = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text));

const equal: Order = (order) => order === 0;
const ORDERS: Readonly<Record<string, Order>> = {
  LessThan: (order) => order < 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThan: (order) => order > 0,
  GreaterThanEquals: (order) => order >= 0,
};
const ordered = (kind: string, compare: (holds: Order) => Compare): [string, Operator][] => [
  [`${kind}Equals`, { compare: compare(equal) }],
  [`${kind}NotEquals`, { compare: compare(equal), isNegated: true }],
  ...Object.entries(ORDERS).map(([name, holds]): [string, Operator] => [`${kind}${name}`, { compare: compare(holds) }]),
];

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', { compare: same }],
  ['StringNotEquals', { compare: same, isNegated: true }],
  ['StringEqualsIgnoreCase', { compare: sameIgnoringCase }],
  ['StringNotEqualsIgnoreCase', { compare: sameIgnoringCase, isNegated: true }],
  ['StringLike', { compare: like }],
  ['StringNotLike', { compare: like, isNegated: true }],
  ['ArnEquals', { compare: likeArn }],
  ['ArnLike', { compare: likeArn }],
  ['ArnNotEquals', { compare: likeArn, isNegated: true }],
  ['ArnNotLike', { compare: likeArn, isNegated: true }],
  ['Bool', { compare: sameIgnoringCase }],
  ...ordered('Numeric', numeric),
  ...ordered('Date', dated),
]);

const NAME = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Reads the `Condition` of a statement; all of them have to hold.
 *  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *  @throws PolicyError naming an operator or a key that is not known here. */
export function readConditions(given: unknown, place: string, hasVariables: boolean): readonly Condition[] {
  if (given === undefined) return [];
  return Object.entries(given as Record<string, Record<string, unknown>>).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, wanted]) => {
      if (!isKnownKey(key)) throw new PolicyError(place, `the condition key ${key} is not known here`);
      const texts = [wanted].flat().map(String);
      return conditionOf(name, key.toLowerCase(), texts, place, hasVariables);
    }),
  );
}

function conditionOf(
  name: string,
  key: string,
  wanted: readonly string[],
  place: string,
  hasVariables: boolean,
): Condition {
  const [, set, operatorName = '', ifExists] = NAME.exec(name) ?? [];
  if (operatorName === 'Null') return (values) => (values[key] === undefined) === (wanted[0] === 'true');
  const operator = OPERATORS.get(operatorName);
  if (!operator) throw new PolicyError(place, `the condition operator ${name} is not known here`);
  const { compare, isNegated = false } = operator;
  return (values) => {
    const found = values[key];
    if (found === undefined)
      return set === 'ForAllValues' || (set === undefined && (isNegated || ifExists !== undefined));
    const holds = (one: string) => wanted.some((each) => compare(one, each, values, hasVariables)) !== isNegated;
    return set === 'ForAllValues' ? found.every(holds) : found.some(holds);
  };
}
