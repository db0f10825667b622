import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { describe, expect, it, jest } from '@jest/globals';
import { readControl } from '../../core/event/control.ts';
import { type Shard, TransientError } from '../../core/ports.ts';
import { readEnvironment } from '../../functions/heartbeat/environment.ts';
import { heartbeat } from '../../functions/heartbeat/heartbeat.ts';
import type { OutgoingRecord } from '../../producer/record.ts';
import { countingPlan, orderAt } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt } from '../support/engine.ts';

const NOW_MS = Date.parse('2026-11-21T12:34:56.789Z');

/** Shards that share the hashes evenly. */
const shards = (count: number): Shard[] =>
  Array.from({ length: count }, (_, i) => {
    const digits = (n: bigint) => n.toString(16).padStart(32, '0');
    const at = (n: number) => (BigInt(n) << 128n) / BigInt(count);
    const range = { from: digits(at(i)), to: digits(at(i + 1) - 1n) };
    return { shardId: `shardId-${String(i).padStart(12, '0')}`, parents: [], range };
  });

/** The function on a stream of so many shards; `refuse` gives the error of a record, if any. */
function beat(count: number, refuse: (record: OutgoingRecord, call: number) => string | undefined = () => undefined) {
  const calls: OutgoingRecord[][] = [];
  const taken: OutgoingRecord[] = [];
  const metrics = new Metrics({ serviceName: 'heartbeat', namespace: 'Millrace' });
  const counted = jest.spyOn(metrics, 'addMetric').mockReturnValue(metrics);
  const run = heartbeat(
    {
      listOpenShards: async () => shards(count),
      putRecords: async (records) => {
        calls.push([...records]);
        const codes = records.map((record) => refuse(record, calls.length));
        taken.push(...records.filter((_, index) => codes[index] === undefined));
        return codes;
      },
      clock: { now: () => NOW_MS },
      sleep: async () => {},
      random: () => 0.5,
    },
    metrics,
  );
  return { run, calls, taken, counted };
}

describe('the heartbeat function', () => {
  it('puts one record into each open shard, in calls that Kinesis takes', async () => {
    const { run, calls, taken, counted } = beat(1_200);
    await run();
    expect(calls.length).toBeGreaterThan(2);
    for (const call of calls) {
      expect(call.length).toBeLessThanOrEqual(500);
      expect(call.reduce((bytes, { data }) => bytes + data.length, 0)).toBeLessThan(5 * 1024 * 1024);
    }
    const starts = shards(1_200).map(({ range }) => BigInt(`0x${range.from}`).toString());
    expect(taken.map(({ explicitHashKey }) => explicitHashKey).sort()).toEqual(starts.sort());
    expect(counted.mock.calls).toEqual([['Heartbeats', MetricUnit.Count, 1_200]]);
  });

  it('puts records that pipelines know for heartbeats, with an id of shard and minute', async () => {
    const { run, taken } = beat(2);
    await run();
    const events = taken.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
    expect(events.map(({ id }) => id)).toEqual([
      'shardId-000000000000/2026-11-21T12:34',
      'shardId-000000000001/2026-11-21T12:34',
    ]);
    for (const event of events) expect(readControl(event)).toMatchObject({ control: 'heartbeat' });
    for (const { partitionKey } of taken) expect(partitionKey).toMatch(/^millrace\.heartbeat\/shardId-\d{12}$/);
  });

  it('puts again only what was refused', async () => {
    const isHot = ({ partitionKey }: OutgoingRecord) => partitionKey.endsWith('1');
    const throttled = 'ProvisionedThroughputExceededException';
    const { run, calls, taken, counted } = beat(3, (record, call) =>
      isHot(record) && call < 4 ? throttled : undefined,
    );
    await run();
    expect(calls.map(({ length }) => length)).toEqual([3, 1, 1, 1]);
    expect(taken).toHaveLength(3);
    expect(counted).toHaveBeenCalledWith('Heartbeats', MetricUnit.Count, 3);
  });

  it('fails when a shard goes on refusing, after all others have had theirs, and counts those', async () => {
    const { run, calls, counted } = beat(3, ({ partitionKey }) =>
      partitionKey.endsWith('1') ? 'InternalFailure' : undefined,
    );
    await expect(run()).rejects.toThrow('a record was refused 8 times, at last with InternalFailure');
    expect(calls).toHaveLength(8);
    expect(counted.mock.calls).toEqual([['Heartbeats', MetricUnit.Count, 2]]);
  });

  it('fails when the stream does not say which shards it has', async () => {
    const metrics = new Metrics({ serviceName: 'heartbeat', namespace: 'Millrace' });
    const counted = jest.spyOn(metrics, 'addMetric').mockReturnValue(metrics);
    const listOpenShards = () => Promise.reject(new TransientError('stream: ListShards'));
    const run = heartbeat({ listOpenShards, putRecords: async () => [], clock: Date }, metrics);
    await expect(run()).rejects.toThrow('stream: ListShards');
    expect(counted).toHaveBeenCalledWith('Heartbeats', MetricUnit.Count, 0);
  });

  it('needs to be told the stream', () => {
    expect(() => readEnvironment({})).toThrow("missing from the function's environment: MILLRACE_STREAM_NAME");
  });
});

describe('a heartbeat in a pipeline', () => {
  it('passes a shard whose keys are parked, also its own; it is no event, no stray and no bad data', async () => {
    const { run, taken } = beat(1);
    await run();
    const { partitionKey, data } = taken[0] as OutgoingRecord;
    const engine = engineInMemory(countingPlan({ is: true }));
    await engine.run([orderAt(1, partitionKey, 13)]);
    const beats = [2, 3].map((n) => recordAt(n, data, ARRIVAL_MS + n, partitionKey)); // the same twice
    const result = await engine.run(beats);
    expect(result).toMatchObject({ events: 0, duplicates: 0, skipped: 0, quarantined: 0, parked: 0, waiting: 1 });
    expect(result).toMatchObject({ rows: 0, commits: 1, unfinished: undefined });
  });
});
