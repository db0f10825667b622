import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import {
  average,
  count,
  days,
  from,
  hopping,
  lake,
  latest,
  minutes,
  pipeline,
  seconds,
  session,
  sum,
  tumbling,
} from '../../core/pipeline/index.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { CRASH_POINTS, type CrashPoint } from '../../testing/fuse.ts';
import { Item, type ItemData } from '../cases/items.ts';

const START = Date.parse('2026-11-21T10:00:00Z');
const BOUND = minutes(3);

const Window = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  items: z.int(),
  total: z.number(),
  average: z.number(),
  last: z.string(),
});
const Numbered = z.object({ key: z.string(), n: z.int(), text: z.string() });
const aggregate = {
  items: count(),
  total: sum<ItemData>('value'),
  average: average<ItemData>('value'),
  last: latest<ItemData, 'text'>('text'),
};

const items = from(Item);
const sorted = items.inOrder('sorted');
const tables = ['fives', 'tens', 'visits', 'numbered', 'texts', 'late'];
const plan = pipeline(
  'properties',
  [
    items.window('by-five', { over: tumbling(minutes(5)), aggregate }).closed.to(lake('fives', { schema: Window })),
    items
      .window('by-ten', { over: hopping(minutes(10), minutes(5)), grace: minutes(1), aggregate })
      .closed.to(lake('tens', { schema: Window })),
    items
      .window('by-visit', { over: session(minutes(4) + 500), aggregate })
      .closed.to(lake('visits', { schema: Window })),
    sorted.items
      .process('number', {
        init: () => 0,
        on: (n, { key, text }) => ({ state: n + 1, emit: [{ key, n: n + 1, text }] }),
        ttl: minutes(20),
      })
      .to(lake('numbered', { schema: Numbered })),
    items
      .rekey('by-text', ({ text }) => text)
      .window('text-by-five', { over: tumbling(minutes(5)), aggregate })
      .closed.to(lake('texts', { schema: Window })),
    sorted.late.to(lake('late')),
  ],
  { outOfOrderness: BOUND },
);

interface Event {
  readonly key: string;
  readonly second: number;
  readonly value: number;
  readonly text: string;
  /** By how many seconds it comes late, within the bound. */
  readonly delay: number;
}

const event = fc.record({
  key: fc.constantFrom('ada', 'bob', 'eve', 'ian', 'é/日本', '👩‍🚀'),
  second: fc.nat(3_600),
  value: fc.oneof(
    fc.constantFrom(0.1, 1e16, -1e16, 1e-300),
    fc.integer(),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  ),
  text: fc.constantFrom('a', 'b', 'c'),
  delay: fc.nat(BOUND / seconds(1)),
});

/** What happens between two sends. */
type Disturbance = 'nothing' | 'cold' | 'split' | 'merge' | CrashPoint;

const schedule = fc.record({
  shards: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.integer({ min: 1, max: 50 }),
  sends: fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom<Disturbance>('nothing', 'cold', 'split', 'merge', ...CRASH_POINTS),
    ),
    { maxLength: 8 },
  ),
});

const recordOf = (event: Event, n: number) => {
  const { key, value, text, second } = event;
  const data = { key, value, text, at: new Date(START + seconds(second)).toISOString() };
  return { specversion: '1.0', type: Item.type, source: '/properties', id: `e${n}`, data };
};

async function disturb(run: Drive, disturbance: Disturbance, shards: number): Promise<number> {
  if (disturbance === 'split' && shards <= 4) {
    await run.split();
    return shards * 2;
  }
  if (disturbance === 'merge' && shards > 1) {
    await run.merge();
    return Math.ceil(shards / 2);
  }
  if (disturbance === 'cold') run.crash();
  else if (disturbance !== 'nothing' && disturbance !== 'split' && disturbance !== 'merge')
    run.crash({ before: disturbance });
  return shards;
}

/** The tables once all time is over, in an order that does not tell where and when a row was made. */
async function finalRows(run: Drive): Promise<readonly string[]> {
  await run.advance(days(1));
  const rows = tables.flatMap((table) => run.rows(table, { origin: true }).map((row) => ({ table, ...row })));
  return rows
    .map(({ shard_id: _, sequence_number: __, ...row }: Record<string, unknown>) => JSON.stringify(row))
    .sort();
}

async function inOrder(events: readonly Event[]): Promise<Drive> {
  const run = drive(plan);
  const records = events.map((each, n) => ({ record: recordOf(each, n), second: each.second }));
  await run.send(records.sort((a, b) => a.second - b.second).map(({ record }) => record));
  return run;
}

async function disturbed(
  events: readonly Event[],
  {
    shards,
    batchSize,
    sends,
  }: { shards: number; batchSize: number; sends: readonly (readonly [number, Disturbance])[] },
): Promise<Drive> {
  const run = drive(plan, { shards, batchSize });
  const arriving = events
    .map((each, n) => ({ record: recordOf(each, n), second: each.second + each.delay }))
    .sort((a, b) => a.second - b.second)
    .map(({ record }) => record);
  let [from, open] = [0, shards];
  for (const [size, disturbance] of [...sends, [events.length, 'nothing'] as const]) {
    await run.send(arriving.slice(from, from + size));
    from += size;
    if (from > 0 && events.length > 0) open = await disturb(run, disturbance, open);
  }
  return run;
}

describe('windows and ordered steps', () => {
  it('come to the same in any batches, shards and order within the bound, crashes and reshards or not', async () => {
    let windows = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 40 }), schedule, async (events, how) => {
        const expected = await finalRows(await inOrder(events));
        windows += expected.length;
        expect(await finalRows(await disturbed(events, how))).toEqual(expected);
        expect(expected.filter((row) => row.includes('"table":"late"'))).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(windows).toBeGreaterThan(1_000);
  });

  it('come to the same when the records are replayed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 40 }), schedule, async (events, how) => {
        const live = await disturbed(events, how);
        const replayed = await live.replay();
        expect(await finalRows(replayed)).toEqual(await finalRows(live));
      }),
      { numRuns: 30 },
    );
  });
});
