import type { Variables } from './patterns.ts';
import type { Principals, Selection, Statement } from './policy.ts';

/** Who calls: a role, as somebody has assumed it, or a service of AWS in its own name. */
export type Caller =
  | { readonly roleArn: string; readonly sessionArn: string; readonly account: string }
  | { readonly service: string };

/** A call to be decided. */
export interface Call {
  /** Such as `kinesis:PutRecords`. */
  readonly action: string;
  /** An ARN, or `*` for an action that is about none. */
  readonly resource: string;
  /** Values of condition keys, by their name in lower case. */
  readonly values: Variables;
}

/** The policies that bear on a call. */
export interface Policies {
  readonly identity: readonly Statement[];
  /** What a role's permissions boundary lets through; undefined where there is none. */
  readonly boundary: readonly Statement[] | undefined;
  readonly resource: readonly Statement[];
  /** Whether the resource's own policy has to allow the call: of a KMS key and of a role to be assumed it has. */
  readonly needsResource: boolean;
}

/** Which permission of a role a call was let through by. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

export type Decision =
  | { readonly allowed: true; readonly by: Grant | undefined }
  | { readonly allowed: false; readonly because: string };

/** Decides a call within an account: an explicit deny wins, then an allow is needed of the role, within its boundary, or
 *  of the resource.
 *  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 *  and for the wording https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function decide(caller: Caller, call: Call, policies: Policies): Decision {
  const { identity, boundary = [], resource, needsResource } = policies;
  const denied = (because: string): Decision => ({ allowed: false, because });
  const none = (kind: string) => denied(`because no ${kind} allows the ${call.action} action`);
  const denies = (statements: readonly Statement[]) =>
    statements.some((each) => each.effect === 'Deny' && applies(each, caller, call) !== undefined);

  if (denies(identity)) return denied('with an explicit deny in an identity-based policy');
  if (denies(resource)) return denied('with an explicit deny in a resource-based policy');
  if (denies(boundary)) return denied('with an explicit deny in a permissions boundary');

  const allowing = resource.filter((each) => each.effect === 'Allow');
  const reaches = allowing.map((each) => applies(each, caller, call));
  if (reaches.includes('caller')) return { allowed: true, by: undefined };
  if (needsResource && !reaches.includes('account')) return none('resource-based policy');
  if ('service' in caller) return none('resource-based policy');
  const grant = grantIn(identity, caller, call);
  if (!grant) return none('identity-based policy');
  if (policies.boundary && !grantIn(boundary, caller, call)) return none('permissions boundary');
  return { allowed: true, by: grant };
}

/** The first permission that covers the call. */
function grantIn(statements: readonly Statement[], caller: Caller, call: Call): Grant | undefined {
  for (const statement of statements) {
    if (statement.effect !== 'Allow' || !applies(statement, caller, call)) continue;
    const { actions, resources } = statement;
    return {
      action: covering(actions, call.action, call.values),
      resource: covering(resources, call.resource, call.values),
    };
  }
  return undefined;
}

/** The pattern by which a selection has the text. */
function covering({ isNot, patterns }: Selection, text: string, values: Variables): string {
  if (isNot) return `not ${patterns.map((each) => each.text).join(', ')}`;
  return patterns.find((each) => each.fits(text, values))?.text ?? '';
}

/** Whether a statement is about the call, and if so whether about the caller itself or about its whole account. */
function applies(statement: Statement, caller: Caller, call: Call): 'caller' | 'account' | undefined {
  const { actions, resources, principals, conditions } = statement;
  if (!selects(actions, call.action, call.values) || !selects(resources, call.resource, call.values)) return undefined;
  if (!conditions.every((holds) => holds(call.values))) return undefined;
  return principals === undefined ? 'caller' : reachOf(principals, caller);
}

const selects = ({ isNot, patterns }: Selection, text: string, values: Variables): boolean =>
  patterns.some(({ fits }) => fits(text, values)) !== isNot;

function reachOf({ isNot, aws, services }: Principals, caller: Caller): 'caller' | 'account' | undefined {
  const named = aws.includes('*') || ('service' in caller ? services.includes(caller.service) : isNamed(aws, caller));
  if (isNot) return named || isOfAccount(aws, caller) ? undefined : 'caller';
  if (named) return 'caller';
  return isOfAccount(aws, caller) ? 'account' : undefined;
}

const isNamed = (aws: readonly string[], caller: Extract<Caller, { roleArn: string }>): boolean =>
  aws.includes(caller.roleArn) || aws.includes(caller.sessionArn);

const isOfAccount = (aws: readonly string[], caller: Caller): boolean =>
  'account' in caller && aws.some((each) => each === caller.account || each === `arn:aws:iam::${caller.account}:root`);
