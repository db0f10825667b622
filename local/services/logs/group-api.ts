import type { Operations } from '../json-api.ts';
import { invalid, pageSize, pageStart } from './errors.ts';
import type { LogGroup, LogStore, LogStream } from './store.ts';

interface GroupInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
}

interface StreamInput extends GroupInput {
  readonly logStreamName: string;
}

interface DescribeGroupsInput {
  readonly logGroupNamePrefix?: string;
  readonly logGroupNamePattern?: string;
  readonly limit?: number;
  readonly nextToken?: string;
}

interface DescribeStreamsInput extends GroupInput {
  readonly logStreamNamePrefix?: string;
  readonly orderBy?: 'LogStreamName' | 'LastEventTime';
  readonly descending?: boolean;
  readonly limit?: number;
  readonly nextToken?: string;
}

const PAGE_MAX = 50;
const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const STREAM_NAME = /^[^:*]{1,512}$/;
/** Source: API reference, PutRetentionPolicy. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The group that a call names, by name or ARN. @throws ServiceError */
export function groupOf(store: LogStore, { logGroupName, logGroupIdentifier }: GroupInput): LogGroup {
  const name = logGroupIdentifier ?? logGroupName;
  if (name === undefined) throw invalid('One of logGroupName and logGroupIdentifier is required');
  return store.group(name);
}

/** @throws ServiceError when the name or the days are none that CloudWatch Logs takes. */
export function createGroup(store: LogStore, name: string, retentionDays?: number): LogGroup {
  if (!GROUP_NAME.test(name)) throw invalid(`Value '${name}' at 'logGroupName' is no name of a log group`);
  if (retentionDays !== undefined) checkRetention(retentionDays);
  const group = store.create(name);
  group.retentionDays = retentionDays;
  return group;
}

export function createStream(group: LogGroup, name: string): LogStream {
  if (STREAM_NAME.test(name)) return group.createStream(name);
  throw invalid(`Value '${name}' at 'logStreamName' is no name of a log stream`);
}

function checkRetention(days: number): void {
  if (!RETENTION_DAYS.includes(days))
    throw invalid(`retentionInDays must be one of ${RETENTION_DAYS.join(', ')}, found ${days}`);
}

/** Operations on log groups and streams. */
export function groupOperations(store: LogStore): Operations {
  return {
    CreateLogGroup: ({ logGroupName }: { readonly logGroupName: string }) => void createGroup(store, logGroupName),
    DeleteLogGroup: ({ logGroupName }: { readonly logGroupName: string }) => store.delete(logGroupName),
    CreateLogStream: (input: StreamInput) => void createStream(groupOf(store, input), input.logStreamName),
    DeleteLogStream: (input: StreamInput) => groupOf(store, input).deleteStream(input.logStreamName),
    PutRetentionPolicy(input: GroupInput & { readonly retentionInDays: number }) {
      checkRetention(input.retentionInDays);
      groupOf(store, input).retentionDays = input.retentionInDays;
    },
    DeleteRetentionPolicy(input: GroupInput) {
      groupOf(store, input).retentionDays = undefined;
    },
    DescribeLogGroups({ logGroupNamePrefix = '', logGroupNamePattern, limit, nextToken }: DescribeGroupsInput) {
      const part = logGroupNamePattern?.toLowerCase() ?? '';
      const found = store
        .all()
        .filter(({ name }) => name.startsWith(logGroupNamePrefix) && name.toLowerCase().includes(part));
      const { page, rest } = paged(found, limit, nextToken);
      return { logGroups: page.map(describeGroup), ...rest };
    },
    DescribeLogStreams(input: DescribeStreamsInput) {
      const { logStreamNamePrefix = '', orderBy = 'LogStreamName', descending = false } = input;
      if (orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined)
        throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const group = groupOf(store, input);
      const found = [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
      found.sort(orderBy === 'LogStreamName' ? byName : byLastEvent);
      const { page, rest } = paged(descending ? found.reverse() : found, input.limit, input.nextToken);
      return { logStreams: page.map((stream) => describeStream(group, stream)), ...rest };
    },
  };
}

const byName = (a: LogStream, b: LogStream): number => (a.name < b.name ? -1 : 1);
const byLastEvent = (a: LogStream, b: LogStream): number => (a.lastEventMs ?? 0) - (b.lastEventMs ?? 0);

function paged<Item>(items: readonly Item[], limit: number | undefined, token: string | undefined) {
  const start = pageStart(token);
  const end = start + pageSize(limit, PAGE_MAX);
  return { page: items.slice(start, end), rest: end < items.length ? { nextToken: String(end) } : {} };
}

function describeGroup({ name, arn, createdMs, retentionDays, bytes }: LogGroup) {
  return {
    logGroupName: name,
    arn: `${arn}:*`,
    logGroupArn: arn,
    creationTime: createdMs,
    retentionInDays: retentionDays,
    metricFilterCount: 0,
    storedBytes: bytes,
    logGroupClass: 'STANDARD',
  };
}

function describeStream(group: LogGroup, stream: LogStream) {
  return {
    logStreamName: stream.name,
    arn: `${group.arn}:log-stream:${stream.name}`,
    creationTime: stream.createdMs,
    firstEventTimestamp: stream.firstEventMs,
    lastEventTimestamp: stream.lastEventMs,
    lastIngestionTime: stream.lastIngestedMs,
    storedBytes: 0,
  };
}
