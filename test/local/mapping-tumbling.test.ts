import { afterEach, describe, expect, it } from '@jest/globals';
import { closeWorlds, directory, fail, SHARD, world } from '../support/mapping-world.ts';
import { STREAM_ARN } from '../support/memory-stream.ts';

afterEach(closeWorlds);

/** Half a minute into a window. */
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 30);
const AT_MS = (seconds: number) => START_MS + 1_000 * seconds;
const MINUTES = { TumblingWindowInSeconds: 60 };

interface Seen {
  readonly data: string;
  readonly start: string;
  readonly state: Record<string, unknown>;
  readonly final: boolean;
  readonly early: boolean;
}

/** A function that gathers the data of a window in its state, and what it was called with. */
function counting(answer: (seen: Seen, all: readonly Seen[]) => unknown = () => undefined, stateDir?: string) {
  const seen: Seen[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: an event has the form that Lambda gives it
  const events: any[] = [];
  const opened = world((batch, event) => {
    events.push(event);
    const data = batch.map((one) => one.data).join('');
    const { window, state, isFinalInvokeForWindow: final, isWindowTerminatedEarly: early } = event;
    seen.push({ data, start: window.start.slice(11, 19), state, final, early });
    const given = answer(seen.at(-1) as Seen, seen);
    return given === undefined ? { state: { all: (state.all ?? '') + data } } : given;
  }, stateDir);
  return { ...opened, seen, events };
}

const call = (data: string, start: string, all?: string) => ({
  data,
  start,
  state: all === undefined ? {} : { all },
  final: false,
  early: false,
});
const end = (start: string, all: string) => ({ ...call('', start, all), final: true });

describe('tumbling windows', () => {
  it('carry a state from batch to batch and end with a final invocation', async () => {
    const { stream, clock, seen, events, provision } = counting();
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a', 'b', 'c');
    stream.put(SHARD, AT_MS(29), 'd');
    stream.put(SHARD, AT_MS(30), 'e');
    await provision({ ...MINUTES, BatchSize: 2 });
    await clock.runUntil(() => seen.length === 4);
    expect(seen).toEqual([
      call('ab', '03:04:00'),
      call('cd', '03:04:00', 'ab'),
      end('03:04:00', 'abcd'),
      call('e', '03:05:00'),
    ]);
    expect(Object.keys(events[0])).toEqual([
      'Records',
      'state',
      'window',
      'shardId',
      'eventSourceARN',
      'isFinalInvokeForWindow',
      'isWindowTerminatedEarly',
    ]);
    expect(events[0]).toMatchObject({
      window: { start: '2026-01-02T03:04:00Z', end: '2026-01-02T03:05:00Z' },
      shardId: SHARD,
      eventSourceARN: STREAM_ARN,
    });
    expect(events[2].Records).toEqual([]);
  });

  it('end by the clock when nothing comes, and a window without records is no window', async () => {
    const { stream, clock, seen, provision } = counting();
    stream.open(SHARD);
    stream.put(SHARD, clock.now(), 'a');
    await provision(MINUTES);
    await clock.runUntil(() => seen.length === 2);
    expect(clock.now()).toBe(Date.UTC(2026, 0, 2, 3, 5));
    await clock.runFor(300_000);
    expect(seen).toEqual([call('a', '03:04:00'), end('03:04:00', 'a')]);
  });

  it('take a record whose time is before theirs', async () => {
    const { stream, clock, seen, provision } = counting();
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(31), 'a');
    stream.put(SHARD, AT_MS(29), 'b');
    await provision(MINUTES);
    await clock.runUntil(() => seen.length === 1);
    expect(seen).toEqual([call('ab', '03:05:00')]);
  });

  it.each([
    ['nothing', null],
    ['no state', { batchItemFailures: [] }],
    ['a state that is none', { state: 'x' }],
  ])('fail when the answer is %s', async (_, answer) => {
    let isBroken = true;
    const { stream, clock, seen, provision, message, objects } = counting(() => (isBroken ? answer : undefined));
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a');
    const DestinationConfig = { OnFailure: { Destination: 'arn:aws:s3:::failures' } };
    await provision({ ...MINUTES, MaximumRetryAttempts: 1, DestinationConfig });
    await clock.runUntil(() => objects.length === 1);
    expect(seen).toEqual([call('a', '03:04:00'), call('a', '03:04:00')]);
    expect(message().responseContext.functionError).toBeNull();
    isBroken = false;
    stream.put(SHARD, AT_MS(1), 'b');
    await clock.runUntil(() => seen.length === 3);
    expect(seen.at(-1)).toEqual(call('b', '03:04:00'));
  });

  it('keep the state of what was done when a part of a batch failed', async () => {
    const { stream, clock, seen, provision, events } = counting(({ data }) =>
      data === 'abc'
        ? {
            state: { all: 'a' },
            batchItemFailures: [{ itemIdentifier: events[0].Records[1].kinesis.sequenceNumber }],
          }
        : undefined,
    );
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a', 'b', 'c');
    await provision({ ...MINUTES, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await clock.runUntil(() => seen.length === 3);
    expect(seen).toEqual([call('abc', '03:04:00'), call('bc', '03:04:00', 'a'), end('03:04:00', 'abc')]);
  });

  it('wait for their final invocation, before anything else of the shard', async () => {
    let failures = 2;
    const { stream, clock, seen, provision } = counting(({ final }) => (final && failures-- > 0 ? fail() : undefined));
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a');
    stream.put(SHARD, AT_MS(31), 'b');
    await provision(MINUTES);
    await clock.runUntil(() => seen.length === 5);
    const last = end('03:04:00', 'a');
    expect(seen).toEqual([call('a', '03:04:00'), last, last, last, call('b', '03:05:00')]);
  });

  it('are given up when their final invocation fails too often', async () => {
    const { stream, clock, seen, provision } = counting(({ final }) => (final ? fail() : undefined));
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a');
    stream.put(SHARD, AT_MS(31), 'b');
    await provision({ ...MINUTES, MaximumRetryAttempts: 1 });
    await clock.runUntil(() => seen.at(-1)?.data === 'b');
    expect(seen).toHaveLength(4);
  });

  it('end early over 1 MB of state, and go on with an empty one', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const { stream, clock, seen, provision } = counting(({ data }) =>
      data === 'a' ? { state: { large } } : undefined,
    );
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a', 'b');
    await provision({ ...MINUTES, BatchSize: 1 });
    await clock.runUntil(() => seen.length === 4);
    expect(seen).toEqual([
      call('a', '03:04:00'),
      { data: '', start: '03:04:00', state: { large }, final: true, early: true },
      call('b', '03:04:00'),
      end('03:04:00', 'b'),
    ]);
  });

  it('end with their shard; its children begin with an empty state', async () => {
    const { stream, clock, seen, provision } = counting();
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a');
    stream.close(SHARD);
    stream.open('child', SHARD);
    stream.put('child', AT_MS(1), 'b');
    await provision(MINUTES);
    await clock.runUntil(() => seen.length === 3);
    expect(seen).toEqual([call('a', '03:04:00'), end('03:04:00', 'a'), call('b', '03:04:00')]);
  });

  it('go on after a restart with the state they had', async () => {
    const { stream, clock, seen, open, provision } = counting(undefined, directory());
    stream.open(SHARD);
    stream.put(SHARD, AT_MS(0), 'a');
    const first = open();
    await provision(MINUTES, first);
    await clock.runUntil(() => seen.length === 1);
    await first.close();
    stream.put(SHARD, AT_MS(1), 'b');
    const second = open();
    await provision(MINUTES, second);
    await clock.runUntil(() => seen.length === 3);
    await second.close();
    await provision(MINUTES);
    await clock.runFor(100_000);
    expect(seen).toEqual([call('a', '03:04:00'), call('b', '03:04:00', 'a'), end('03:04:00', 'ab')]);
  });
});
