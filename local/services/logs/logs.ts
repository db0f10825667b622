import type { LocalService, Provisioned, Resource } from '../../service.ts';
import { jsonApi } from '../json-api.ts';
import { eventOperations } from './event-api.ts';
import { createGroup, createStream, groupOperations } from './group-api.ts';
import { LogStore } from './store.ts';

export interface Logs extends LocalService {
  /** Writes a line into a log stream, which makes what group and stream there are not. */
  write(group: string, stream: string, line: string): void;
}

export interface LogsOptions {
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** CloudWatch Logs on this machine, in memory: groups, streams, events and filter patterns. Subscription and metric
 *  filters, Insights queries and live tails are refused by name. */
export function createLogs({ now = Date.now }: LogsOptions = {}): Logs {
  const store = new LogStore(now);
  return {
    scopes: ['logs'],
    provisions: {
      'AWS::Logs::LogGroup': (resource) => provisionGroup(store, resource),
      'AWS::Logs::LogStream': (resource) => provisionStream(store, resource),
    },
    handle: jsonApi({ ...groupOperations(store), ...eventOperations(store) }),
    write: (group, stream, line) => store.write(group, stream, line),
    close: async () => {},
  };
}

function provisionGroup(store: LogStore, { properties }: Resource): Provisioned {
  const { LogGroupName: name, RetentionInDays: days, DataProtectionPolicy } = properties;
  if (DataProtectionPolicy !== undefined) throw new Error('DataProtectionPolicy of a log group is not emulated');
  const { arn } = createGroup(store, name, days === undefined ? undefined : Number(days));
  return { ref: name, attributes: { Arn: `${arn}:*` } };
}

function provisionStream(store: LogStore, { logicalId, properties }: Resource): Provisioned {
  const name = String(properties.LogStreamName ?? logicalId);
  createStream(store.group(properties.LogGroupName), name);
  return { ref: name, attributes: {} };
}
