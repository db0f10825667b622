import type { RolePermission } from '../../local/iam/judge.ts';

/** Calls of the stage's functions by the test that makes them in a true run, and fails if it no longer does: who calls,
 *  what for, and what it is on. What the services do in the name of roles is in `local/iam/service-needs.ts`. */
export const NEEDED = {
  'test/e2e/heartbeat.test.ts': [
    'heartbeat kinesis:ListShards events',
    'heartbeat kinesis:PutRecords events',
    'process kinesis:GetRecords events',
    'process kinesis:GetShardIterator events',
    'process kinesis:ListShards events',
  ],
  'test/e2e/parts.test.ts': [
    'process dynamodb:PutItem view',
    'process kinesis:PutRecords published',
    'process sns:Publish alert',
  ],
  'test/e2e/redrive.test.ts': ['process s3:GetObject parked', 'process s3:PutObject parked'],
  'test/e2e/stack.test.ts': [
    'archive s3:GetObject heads',
    'archive s3:GetObject records',
    'archive s3:ListBucket bucket',
    'archive s3:PutObject heads',
    'archive s3:PutObject records',
    'process dynamodb:GetItem log',
    'process dynamodb:PutItem log',
    'process dynamodb:Query log',
    'process firehose:PutRecordBatch quarantine',
    'process firehose:PutRecordBatch table',
    'process kinesis:ListShards hop',
    'process kinesis:PutRecords hop',
    'process s3:GetObject snapshots',
    'process s3:GetObject spill',
    'process s3:PutObject oversize',
    'process s3:PutObject snapshots',
    'process s3:PutObject spill',
  ],
} as const;

type Permission = Pick<RolePermission, 'role' | 'action' | 'resource'>;

const WHO: readonly (readonly [RegExp, string])[] = [
  [/-ArchiveRole[0-9A-F]/, 'archive'],
  [/-HeartbeatRole[0-9A-F]/, 'heartbeat'],
  [/ProcessRole[0-9A-F]/, 'process'],
];

/** The kinds of resource that a stage has, by their ARNs. */
const ON: readonly (readonly [RegExp, string])[] = [
  [/^arn:aws:dynamodb:.*-log$/, 'log'],
  [/^arn:aws:dynamodb:/, 'view'],
  [/^arn:aws:firehose:.*-quarantine$/, 'quarantine'],
  [/^arn:aws:firehose:/, 'table'],
  [/^arn:aws:kinesis:.*\/millrace-\w+-events$/, 'events'],
  [/^arn:aws:kinesis:.*-hop-\d+$/, 'hop'],
  [/^arn:aws:kinesis:/, 'published'],
  [/^arn:aws:s3:::[^/]+$/, 'bucket'],
  [/^arn:aws:s3:::[^/]+\/([^/]+)\//, '$1'],
  [/^arn:aws:sns:/, 'alert'],
];

const kindOf = (text: string, kinds: typeof ON): string | undefined => {
  const [pattern, kind] = kinds.find(([each]) => each.test(text)) ?? [];
  return kind === '$1' ? pattern?.exec(text)?.[1] : kind;
};

/** A permission of a function's role as the list above has it; undefined for one of another role. */
export function neededName({ role, action, resource }: Permission): string | undefined {
  const who = kindOf(role, WHO);
  return who && `${who} ${action} ${kindOf(resource, ON)}`;
}

/** What a run has needed so far. */
export const neededIn = (permissions: readonly RolePermission[]): readonly string[] =>
  permissions.filter(({ used }) => used).flatMap((each) => neededName(each) ?? []);

/** What a test of the list above should have needed, and has not. */
export const unneeded = (test: keyof typeof NEEDED, needed: readonly string[]): readonly string[] =>
  NEEDED[test].filter((each) => !needed.includes(each));
