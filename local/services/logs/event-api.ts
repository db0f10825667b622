import type { Operations } from '../json-api.ts';
import { invalid, pageSize, pageStart } from './errors.ts';
import { filterPattern } from './filter-pattern.ts';
import { groupOf } from './group-api.ts';
import type { LogEvent, LogStore } from './store.ts';

interface GroupInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
}

interface PutInput extends GroupInput {
  readonly logStreamName: string;
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

interface GetInput extends GroupInput {
  readonly logStreamName: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly limit?: number;
  readonly nextToken?: string;
  readonly startFromHead?: boolean;
}

interface FilterInput extends GroupInput {
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly filterPattern?: string;
  readonly limit?: number;
  readonly nextToken?: string;
}

/** Limits of the API. Source: API reference, PutLogEvents. */
const PUT_EVENTS_MAX = 10_000;
const PUT_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const PAGE_MAX = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAST_MS = 14 * DAY_MS;
const FUTURE_MS = 2 * HOUR_MS;

/** Operations on log events. */
export function eventOperations(store: LogStore): Operations {
  return {
    PutLogEvents: (input: PutInput) => put(store, input),
    GetLogEvents: (input: GetInput) => get(store, input),
    FilterLogEvents: (input: FilterInput) => filter(store, input),
  };
}

/** Too old and too new events are left out, and told of. */
function put(store: LogStore, input: PutInput) {
  const group = groupOf(store, input);
  const stream = group.streamNamed(input.logStreamName);
  const { logEvents: events } = input;
  checkBatch(events);
  const nowMs = store.now();
  const isNew = (timestamp: number) => timestamp > nowMs + FUTURE_MS;
  const isOld = (timestamp: number) => timestamp < nowMs - PAST_MS;
  const taken = events.filter(({ timestamp: at }) => !isNew(at) && !isOld(at) && at >= group.oldestMs);
  for (const { timestamp, message } of taken) group.add(stream, timestamp, message);
  const firstNew = events.findIndex(({ timestamp }) => isNew(timestamp));
  const old = events.filter(({ timestamp }) => isOld(timestamp)).length;
  const expired = events.filter(({ timestamp }) => timestamp < group.oldestMs).length;
  const rejected = {
    ...(firstNew >= 0 && { tooNewLogEventStartIndex: firstNew }),
    ...(old > 0 && { tooOldLogEventEndIndex: old }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
  return {
    nextSequenceToken: '0',
    ...(taken.length < events.length && { rejectedLogEventsInfo: rejected }),
  };
}

function checkBatch(events: PutInput['logEvents']): void {
  if (!Array.isArray(events) || events.length === 0 || events.length > PUT_EVENTS_MAX)
    throw invalid(`A batch has from 1 to ${PUT_EVENTS_MAX} log events`);
  let bytes = 0;
  for (const [index, { timestamp, message }] of events.entries()) {
    if (!Number.isInteger(timestamp) || typeof message !== 'string' || message === '')
      throw invalid('Each log event needs a timestamp in milliseconds and a message');
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (timestamp < (events[index - 1]?.timestamp ?? timestamp))
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (bytes > PUT_BYTES_MAX) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${PUT_BYTES_MAX}`);
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > DAY_MS)
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
}

/** Tokens hold the event they stand at, so that they stay good while events come and go. */
function get(store: LogStore, input: GetInput) {
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken: token, startFromHead = false } = input;
  const limit = pageSize(input.limit, PAGE_MAX);
  const group = groupOf(store, input);
  const { name } = group.streamNamed(input.logStreamName);
  const all = group
    .events()
    .filter((event) => event.stream === name && event.timestampMs >= startTime && event.timestampMs < endTime);
  const page =
    token === undefined ? (startFromHead ? all.slice(0, limit) : all.slice(-limit)) : turned(all, token, limit);
  const at = Number(token?.slice(2) ?? 0);
  return {
    events: page.map(({ timestampMs, ingestedMs, message }) => ({
      timestamp: timestampMs,
      ingestionTime: ingestedMs,
      message,
    })),
    nextForwardToken: `f/${page.at(-1)?.sequence ?? at}`,
    nextBackwardToken: `b/${page[0]?.sequence ?? at}`,
  };
}

function turned(all: readonly LogEvent[], token: string, limit: number): readonly LogEvent[] {
  const [, direction, sequence] = /^([fb])\/(\d+)$/.exec(token) ?? [];
  if (direction === undefined) throw invalid('The specified nextToken is invalid.');
  if (direction === 'f') return all.filter((event) => event.sequence > Number(sequence)).slice(0, limit);
  return all.filter((event) => event.sequence < Number(sequence)).slice(-limit);
}

function filter(store: LogStore, input: FilterInput) {
  const { logStreamNames: names, logStreamNamePrefix: prefix = '' } = input;
  if (names && input.logStreamNamePrefix !== undefined)
    throw invalid('logStreamNames and logStreamNamePrefix exclude each other');
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
  const group = groupOf(store, input);
  for (const name of names ?? []) group.streamNamed(name);
  const matches = filterPattern(input.filterPattern ?? '');
  const after = pageStart(input.nextToken);
  const found = group
    .events()
    .filter(
      ({ stream, sequence, timestampMs, message }) =>
        sequence > after &&
        timestampMs >= startTime &&
        timestampMs <= endTime &&
        (names?.includes(stream) ?? stream.startsWith(prefix)) &&
        matches(message),
    );
  const page = found.slice(0, pageSize(input.limit, PAGE_MAX));
  return {
    events: page.map(({ stream, sequence, timestampMs, ingestedMs, message }) => ({
      logStreamName: stream,
      timestamp: timestampMs,
      message,
      ingestionTime: ingestedMs,
      eventId: String(sequence).padStart(56, '0'),
    })),
    searchedLogStreams: [],
    ...(page.length < found.length && { nextToken: String(page.at(-1)?.sequence) }),
  };
}
