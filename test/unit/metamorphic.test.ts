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
  type Plan,
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

/** Windows of each kind, and a step to which the order of the items is everything. */
const plan = pipeline(
  'properties',
  [
    items.window('by-five', { over: tumbling(minutes(5)), aggregate }).closed.to(lake('fives', { schema: Window })),
    items
      .window('by-ten', { over: hopping(minutes(10), minutes(5)), grace: minutes(1), aggregate })
      .closed.to(lake('tens', { schema: Window })),
    items
      // Items of whole seconds never leave a gap of exactly that: whether it ends a visit depends on who moves the time on.
      .window('by-visit', { over: session(minutes(4) + 500), aggregate })
      .closed.to(lake('visits', { schema: Window })),
    sorted.items
      .process('number', {
        init: () => 0,
        on: (n, { key, text }) => ({ state: n + 1, emit: [{ key, n: n + 1, text }] }),
        ttl: minutes(20),
      })
      .to(lake('numbered', { schema: Numbered })),
    sorted.late.to(lake('late')),
  ],
  { outOfOrderness: BOUND },
);

const byText = items.rekey('by-text', ({ text }) => text);
const rekeyed = pipeline(
  'rekeyed',
  [byText.window('by-five', { over: tumbling(minutes(5)), aggregate }).closed.to(lake('texts', { schema: Window }))],
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
const events = fc.array(event, { minLength: 1, maxLength: 40 });

/** What happens behind a send: nothing, or the environment is lost there, or in the middle of the next batch. */
type Disturbance = 'nothing' | 'cold' | 'split' | 'merge' | CrashPoint;

interface Schedule {
  readonly shards: number;
  readonly batchSize: number;
  /** How many records are sent at a time, and what happens then; the rest is sent at once. */
  readonly sends: readonly (readonly [records: number, then: Disturbance])[];
}

function schedules(maxShards: number, reshards: readonly Disturbance[]): fc.Arbitrary<Schedule> {
  const then = fc.constantFrom<Disturbance>('nothing', 'cold', ...reshards, ...CRASH_POINTS);
  return fc.record({
    shards: fc.integer({ min: 1, max: maxShards }),
    batchSize: fc.integer({ min: 1, max: 50 }),
    sends: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), then), { maxLength: 8 }),
  });
}

function recordOf({ key, value, text, second }: Event, n: number): object {
  const data = { key, value, text, at: new Date(START + seconds(second)).toISOString() };
  return { specversion: '1.0', type: Item.type, source: '/properties', id: `e${n}`, data };
}

/** The events' records, ordered by what is given for each. */
const ordered = (events: readonly Event[], by: (event: Event) => number): readonly object[] =>
  events
    .map((each, n) => ({ record: recordOf(each, n), by: by(each) }))
    .sort((a, b) => a.by - b.by)
    .map(({ record }) => record);

/** All at once, in order, in one shard. */
async function plainly(plan: Plan, events: readonly Event[]): Promise<Drive> {
  const run = drive(plan);
  await run.send(ordered(events, ({ second }) => second));
  return run;
}

async function disturbed(plan: Plan, events: readonly Event[], schedule: Schedule): Promise<Drive> {
  const run = drive(plan, schedule);
  const records = ordered(events, ({ second, delay }) => second + delay);
  let [from, shards] = [0, schedule.shards];
  for (const [size, then] of schedule.sends) {
    await run.send(records.slice(from, from + size));
    from += size;
    shards = await disturb(run, then, shards);
  }
  await run.send(records.slice(from));
  return run;
}

/** How many shards there are then. */
async function disturb(run: Drive, what: Disturbance, shards: number): Promise<number> {
  if (what === 'nothing') return shards;
  if (what === 'cold') run.crash();
  else if (what === 'split' && shards <= 4) await run.split();
  else if (what === 'merge' && shards > 1) await run.merge();
  else if (what !== 'split' && what !== 'merge') run.crash({ before: what });
  if (what === 'split' && shards <= 4) return shards * 2;
  return what === 'merge' ? Math.ceil(shards / 2) : shards;
}

/** What there is once all time is over, in an order that does not tell where and when a row was made. */
async function finalRows(run: Drive, { tables, hops }: Plan): Promise<readonly string[]> {
  await run.advance(days(1));
  const names = [...tables, ...hops.flatMap((hop) => hop.tables)].map(({ name }) => name);
  const rows = names.flatMap((table) => run.rows(table, { origin: true }).map((row) => ({ ...row, table })));
  return rows.map((row) => JSON.stringify({ ...row, shard_id: undefined, sequence_number: undefined })).sort();
}

describe.each([
  ['windows and steps in order', plan, schedules(4, ['split', 'merge'])],
  ['windows behind a rekey', rekeyed, schedules(4, ['split', 'merge'])],
])('%s', (_, plan, schedule) => {
  it('come to the same in any batches, shards and order within the bound, crashes and reshards or not', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(events, schedule, async (events, how) => {
        const expected = await finalRows(await plainly(plan, events), plan);
        count += expected.length;
        expect(await finalRows(await disturbed(plan, events, how), plan)).toEqual(expected);
        expect(expected.filter((row) => row.includes('"table":"late"'))).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('come to the same when the records are replayed', async () => {
    await fc.assert(
      fc.asyncProperty(events, schedule, async (events, how) => {
        const live = await disturbed(plan, events, how);
        expect(await finalRows(await live.replay(), plan)).toEqual(await finalRows(live, plan));
      }),
      { numRuns: 15 },
    );
  });
});
