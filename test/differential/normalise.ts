import type { Memory } from './memory.ts';
import type { Answer } from './server.ts';

const TIMES = ['StreamCreationTimestamp', 'ConsumerCreationTimestamp', 'ApproximateArrivalTimestamp'];
const SEQUENCES = ['SequenceNumber', 'StartingSequenceNumber', 'EndingSequenceNumber'];
const OPAQUE = ['ShardIterator', 'NextShardIterator', 'NextToken'];
/** Lists whose order AWS does not promise, by what tells their members apart. */
const UNORDERED: Readonly<Record<string, string>> = { Tags: 'Key', Consumers: 'ConsumerName' };
const NAMES = ['ShardLevelMetrics', 'CurrentShardLevelMetrics', 'DesiredShardLevelMetrics'];

/** An answer without what may differ between two servers: the numbers of records, times, tokens, texts of errors, and
 *  null against nothing. Records are known by their place among those put. */
export function normalise({ status, body }: Answer, memory: Memory): unknown {
  if (status !== 200) return { error: String(body.__type).split('#').pop() };
  return plain('', body, memory);
}

function plain(name: string, value: unknown, memory: Memory): unknown {
  if (TIMES.includes(name)) return typeof value === 'number' ? 'time' : value;
  if (SEQUENCES.includes(name)) return memory.placeOf(String(value)) ?? 'number';
  if (OPAQUE.includes(name)) return name;
  if (name === 'ConsumerARN') return String(value).replace(/:\d+$/, '');
  if (name === 'MillisBehindLatest') return value === 0 ? 0 : 'behind';
  if (Array.isArray(value)) return listed(name, value).map((each) => plain('', each, memory));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(members.sort().map(([key, each]) => [key, plain(key, each, memory)]));
}

function listed(name: string, values: readonly unknown[]): readonly unknown[] {
  if (NAMES.includes(name)) return values.toSorted();
  const key = UNORDERED[name];
  if (!key) return values;
  const of = (value: unknown) => String((value as Record<string, unknown>)[key]);
  return values.toSorted((a, b) => (of(a) < of(b) ? -1 : 1));
}
