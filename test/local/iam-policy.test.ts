// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how policy variables are written
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../local/iam/decide.ts';
import { type PolicyKind, readPolicy } from '../../local/iam/policy.ts';

const ACCOUNT = '000000000000';
const ROLE = {
  roleArn: `arn:aws:iam::${ACCOUNT}:role/worker`,
  sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/fn`,
  account: ACCOUNT,
};
const SERVICE = { service: 'cloudwatch.amazonaws.com' };
const STREAM = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/events`;
const OBJECT = 'arn:aws:s3:::lake/tables/orders/a.parquet';
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/key`;

type Given = Readonly<Record<string, unknown>>;
const read = (statements: readonly Given[] | undefined, kind: PolicyKind, Version = '2012-10-17') =>
  statements && readPolicy({ Version, Statement: statements }, kind, 'test');
const allow = (Action: unknown, Resource: unknown = '*', more: Given = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (...given: Parameters<typeof allow>) => ({ ...allow(...given), Effect: 'Deny' });
const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } });
const everyone = { Principal: '*' };
const root = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };

interface Case {
  readonly identity?: readonly Given[];
  readonly boundary?: readonly Given[];
  readonly resource?: readonly Given[];
  readonly action?: string;
  readonly on?: string;
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly by?: typeof ROLE | typeof SERVICE;
  readonly version?: string;
}

/** 'allowed', or why not. */
function verdict({ identity = [], boundary, resource = [], values = {}, by = ROLE, version, ...call }: Case): string {
  const { action = 'kinesis:PutRecords', on = STREAM } = call;
  const policies = {
    identity: read(identity, 'identity', version) ?? [],
    boundary: read(boundary, 'identity'),
    resource: read(resource, 'resource') ?? [],
    needsResource: action.startsWith('kms:'),
  };
  const decision = decide(
    by,
    { action, resource: on, values: { 'aws:securetransport': ['true'], ...values } },
    policies,
  );
  return decision.allowed ? 'allowed' : decision.because;
}

const none = (kind: string, action = 'kinesis:PutRecords') => `because no ${kind} allows the ${action} action`;
const EXPLICIT = 'with an explicit deny in';

describe('a call is decided', () => {
  it.each<[string, Case, string]>([
    ['without a policy', {}, none('identity-based policy')],
    ['by the action and the resource', { identity: [allow('kinesis:PutRecords', STREAM)] }, 'allowed'],
    ['by an action in other letters', { identity: [allow('Kinesis:putrecords', STREAM)] }, 'allowed'],
    ['not by another action', { identity: [allow('kinesis:PutRecord', STREAM)] }, none('identity-based policy')],
    ['not by another resource', { identity: [allow('kinesis:*', `${STREAM}2`)] }, none('identity-based policy')],
    [
      'not by a resource in other letters',
      { identity: [allow('*', STREAM.toUpperCase())] },
      none('identity-based policy'),
    ],
    ['by wildcards', { identity: [allow('kinesis:Put*', 'arn:aws:kinesis:*:stream/e????s')] }, 'allowed'],
    [
      'by a wildcard over slashes',
      { identity: [allow('s3:*', 'arn:aws:s3:::lake/*')], action: 's3:PutObject', on: OBJECT },
      'allowed',
    ],
    [
      'by a dot that is no wildcard',
      { identity: [allow('*', STREAM.replace(':stream', '.stream'))] },
      none('identity-based policy'),
    ],
    ['by one of several', { identity: [allow(['a:b', 'kinesis:PutRecords'], [`${STREAM}2`, STREAM])] }, 'allowed'],
    [
      'by all actions but some',
      { identity: [{ Effect: 'Allow', NotAction: 'kinesis:Get*', Resource: '*' }] },
      'allowed',
    ],
    [
      'not by those left out',
      { identity: [{ Effect: 'Allow', NotAction: 'kinesis:Put*', Resource: '*' }] },
      none('identity-based policy'),
    ],
    [
      'by all resources but some',
      { identity: [{ Effect: 'Allow', Action: '*', NotResource: `${STREAM}2` }] },
      'allowed',
    ],
    ['against an explicit deny', { identity: [allow('*'), deny('kinesis:*')] }, `${EXPLICIT} an identity-based policy`],
    [
      'against a deny of the resource',
      { identity: [allow('*')], resource: [deny('*', '*', everyone)] },
      `${EXPLICIT} a resource-based policy`,
    ],
    [
      'against a deny of the account',
      { identity: [allow('*')], resource: [deny('*', '*', root)] },
      `${EXPLICIT} a resource-based policy`,
    ],
    ['by the resource alone', { resource: [allow('*', '*', { Principal: { AWS: ROLE.roleArn } })] }, 'allowed'],
    [
      'by the resource for the session',
      { resource: [allow('*', '*', { Principal: { AWS: [ROLE.sessionArn] } })] },
      'allowed',
    ],
    ['not by the resource for the account', { resource: [allow('*', '*', root)] }, none('identity-based policy')],
    [
      'not by the resource for another role',
      { resource: [allow('*', '*', { Principal: { AWS: `${ROLE.roleArn}2` } })] },
      none('identity-based policy'),
    ],
    [
      'by the resource for all but others',
      { resource: [allow('*', '*', { NotPrincipal: { AWS: `${ROLE.roleArn}2` } })] },
      'allowed',
    ],
    [
      'not by the resource for all but it',
      { resource: [allow('*', '*', { NotPrincipal: { AWS: ROLE.roleArn } })] },
      none('identity-based policy'),
    ],
    ['within the boundary', { identity: [allow('*')], boundary: [allow('kinesis:*')] }, 'allowed'],
    ['not beyond the boundary', { identity: [allow('*')], boundary: [allow('s3:*')] }, none('permissions boundary')],
    [
      'against a deny of the boundary',
      { identity: [allow('*')], boundary: [allow('*'), deny('kinesis:*')] },
      `${EXPLICIT} a permissions boundary`,
    ],
    [
      'for a service by the resource',
      { by: SERVICE, resource: [allow('*', '*', { Principal: { Service: SERVICE.service } })] },
      'allowed',
    ],
    [
      'not for another service',
      { by: SERVICE, resource: [allow('*', '*', { Principal: { Service: 's3.amazonaws.com' } })] },
      none('resource-based policy'),
    ],
    [
      'of a key by role and key',
      { identity: [allow('kms:Decrypt', KEY)], resource: [allow('kms:*', '*', root)], action: 'kms:Decrypt', on: KEY },
      'allowed',
    ],
    [
      'of a key not by the role alone',
      { identity: [allow('kms:Decrypt', KEY)], action: 'kms:Decrypt', on: KEY },
      none('resource-based policy', 'kms:Decrypt'),
    ],
    [
      'of a key not by the key for the account',
      { resource: [allow('kms:*', '*', root)], action: 'kms:Decrypt', on: KEY },
      none('identity-based policy', 'kms:Decrypt'),
    ],
    [
      'of a key by the key alone',
      { resource: [allow('kms:*', '*', { Principal: { AWS: ROLE.roleArn } })], action: 'kms:Decrypt', on: KEY },
      'allowed',
    ],
    [
      'with a variable',
      {
        identity: [allow('*', 'arn:aws:kinesis:*:stream/${aws:PrincipalTag/Team}')],
        values: { 'aws:principaltag/team': ['events'] },
      },
      'allowed',
    ],
    [
      'without its value',
      { identity: [allow('*', 'arn:aws:kinesis:*:stream/${aws:PrincipalTag/Team}')] },
      none('identity-based policy'),
    ],
    [
      'with its value in the place of one',
      { identity: [allow('*', "arn:aws:kinesis:*:stream/${aws:PrincipalTag/Team, 'events'}")] },
      'allowed',
    ],
    [
      'with a value that is no wildcard',
      {
        identity: [allow('*', 'arn:aws:kinesis:*:stream/${aws:PrincipalTag/Team}')],
        values: { 'aws:principaltag/team': ['*'] },
      },
      none('identity-based policy'),
    ],
    [
      'without variables in 2008',
      {
        identity: [allow('*', 'arn:aws:kinesis:*:stream/${aws:PrincipalTag/Team}')],
        values: { 'aws:principaltag/team': ['events'] },
        version: '2008-10-17',
      },
      none('identity-based policy'),
    ],
    ['with a character of its own', { identity: [allow('*', '${*}')], on: '*' }, 'allowed'],
  ])('%s', (_what, given, expected) => {
    expect(verdict(given)).toBe(expected);
  });

  it.each<[string, string, unknown, readonly string[] | undefined, boolean]>([
    ['StringEquals', 'aws:SourceAccount', ACCOUNT, [ACCOUNT], true],
    ['StringEquals', 'aws:SourceAccount', ['1', ACCOUNT], [ACCOUNT], true],
    ['StringEquals', 'aws:SourceAccount', '1', [ACCOUNT], false],
    ['StringEquals', 'aws:SourceAccount', '0*', [ACCOUNT], false],
    ['StringEquals', 'aws:SourceAccount', ACCOUNT, undefined, false],
    ['StringEqualsIfExists', 'aws:SourceAccount', ACCOUNT, undefined, true],
    ['StringNotEquals', 'aws:SourceAccount', '1', [ACCOUNT], true],
    ['StringNotEquals', 'aws:SourceAccount', ['1', ACCOUNT], [ACCOUNT], false],
    ['StringNotEquals', 'aws:SourceAccount', '1', undefined, true],
    ['StringEqualsIgnoreCase', 'aws:PrincipalType', 'assumedrole', ['AssumedRole'], true],
    ['StringLike', 'kms:ViaService', 'kinesis.*.amazonaws.com', ['kinesis.us-east-1.amazonaws.com'], true],
    ['StringLike', 'kms:ViaService', 's3.*', ['kinesis.us-east-1.amazonaws.com'], false],
    ['StringNotLike', 's3:prefix', 'tables/*', ['spill/'], true],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:*:alarms', [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`], true],
    ['ArnEquals', 'aws:SourceArn', 'arn:aws:sns:*:*:alarms', [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`], true],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:alarms', [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`], false],
    ['ArnNotLike', 'aws:SourceArn', 'arn:aws:sns:*:*:other', [`arn:aws:sns:us-east-1:${ACCOUNT}:alarms`], true],
    ['Bool', 'aws:SecureTransport', 'false', undefined, false],
    ['Bool', 'aws:SecureTransport', true, undefined, true],
    ['NumericLessThan', 's3:TlsVersion', 1.2, ['1.3'], false],
    ['NumericGreaterThanEquals', 's3:TlsVersion', '1.2', ['1.2'], true],
    ['DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z', ['2026-06-01T00:00:00Z'], true],
    ['DateLessThanEquals', 'aws:EpochTime', '2026-01-01T00:00:00Z', ['1767225600'], true],
    ['Null', 'aws:SourceVpce', 'true', undefined, true],
    ['Null', 'aws:SourceAccount', 'true', [ACCOUNT], false],
    ['ForAnyValue:StringEquals', 'aws:PrincipalOrgPaths', ['a', 'b'], ['x', 'b'], true],
    ['ForAllValues:StringEquals', 'aws:PrincipalOrgPaths', ['a', 'b'], ['x', 'b'], false],
    ['ForAllValues:StringEquals', 'aws:PrincipalOrgPaths', ['a', 'b'], undefined, true],
    ['ForAnyValue:StringNotEquals', 'aws:PrincipalOrgPaths', ['a', 'b'], ['x', 'b'], true],
  ])('under the condition %s of %s %j, found %j: %s', (operator, key, wanted, found, holds) => {
    const values = found === undefined ? {} : { [key.toLowerCase()]: found };
    const identity = [allow('*', '*', when(operator, key, wanted))];
    expect(verdict({ identity, values })).toBe(holds ? 'allowed' : none('identity-based policy'));
  });

  it('under all conditions of a statement', () => {
    const Condition = { StringEquals: { 'aws:SourceAccount': ACCOUNT }, Bool: { 'aws:SecureTransport': 'false' } };
    const values = { 'aws:sourceaccount': [ACCOUNT] };
    expect(verdict({ identity: [allow('*', '*', { Condition })], values })).toBe(none('identity-based policy'));
  });
});

describe('a policy is refused', () => {
  it.each<[string, Given, PolicyKind, string]>([
    [
      'for an operator',
      allow('*', '*', when('IpAddress', 'aws:SourceArn', 'x')),
      'identity',
      'operator IpAddress is not known',
    ],
    ['for a key', allow('*', '*', when('StringEquals', 'ec2:Region', 'x')), 'identity', 'key ec2:Region is not known'],
    ['for a variable', allow('*', '${ec2:Region}'), 'identity', 'variable ec2:Region is not known'],
    ['for an element', allow('*', '*', { Actions: '*' }), 'identity', 'element Actions is not known'],
    ['for an effect', { ...allow('*'), Effect: 'allow' }, 'identity', 'Effect is "allow"'],
    ['without an action', { Effect: 'Allow', Resource: '*' }, 'identity', 'either Action or NotAction'],
    ['with both', allow('*', '*', { NotAction: '*' }), 'identity', 'either Action or NotAction'],
    ['with a principal of its own', allow('*', '*', everyone), 'identity', 'has no Principal'],
    ['without a principal', allow('*'), 'resource', 'found no Principal'],
  ])('%s, by name and place', (_what, statement, kind, message) => {
    const document = {
      Version: '2012-10-17',
      Statement: [allow('*', '*', kind === 'identity' ? {} : everyone), statement],
    };
    const reading = () => readPolicy(document, kind, 'stack Policy');
    expect(reading).toThrow(message);
    expect(reading).toThrow(/^stack Policy Statement\[1\]: /);
  });
});
