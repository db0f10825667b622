import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { type Json, MAX_STATE_CHARS } from '../../core/event/json.ts';
import { type Contiguity, from, lake, minutes, pipeline, type Skip } from '../../core/pipeline/index.ts';
import type { Pattern } from '../../core/pipeline/patterns/pattern.ts';
import { sequenceNode } from '../../core/pipeline/patterns/sequence.ts';
import type { Emitted } from '../../core/pipeline/plan.ts';
import { distinct } from '../support/counting.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { type NaiveItem, type NaiveStep, naiveSequence } from '../support/naive-sequence.ts';
import {
  byMinute,
  inTurn,
  itemsOf,
  OUT_OF_ORDERNESS,
  patternOf,
  planOf,
  START,
  stepsOf,
  Tick,
  tellItems,
  tickAt,
  timePasses,
  toldOf,
} from '../support/sequences.ts';

interface Case {
  readonly name: string;
  /** See `stepsOf`. */
  readonly pattern: string;
  readonly items: string;
  /** In minutes; 10 unless given. */
  readonly within?: number;
  /** `past-last` unless given. */
  readonly skip?: Skip;
  /** Of the steps that say nothing. */
  readonly contiguity?: Contiguity;
  readonly finds: readonly string[];
  readonly late?: readonly string[];
}

const CASES: readonly Case[] = JSON.parse(readFileSync(join(import.meta.dirname, 'sequence-cases.json'), 'utf8'));

const naive = ({ pattern, within = 10, skip = 'past-last', contiguity = 'relaxed', items, late = [] }: Case) => {
  const steps = stepsOf(pattern).map((each) => (each.contiguity === 'relaxed' ? { ...each, contiguity } : each));
  const onTime = itemsOf(items).filter(({ id }) => !late.includes(id));
  return naiveSequence(steps, inTurn(onTime), { within, skip }).sort(byMinute);
};

const planFor = ({ pattern, within = 10, skip, contiguity }: Omit<Case, 'name' | 'items' | 'finds'>) =>
  planOf({
    pattern: patternOf(stepsOf(pattern)),
    within: minutes(within),
    ...(skip && { skip }),
    ...(contiguity && { contiguity }),
  });

describe('a sequence', () => {
  it.each(CASES)('finds $name', async (each) => {
    const { items, finds, late = [] } = each;
    const plan = planFor(each);
    const keyed = itemsOf(items).map((item) => ['ada', item] as const);
    const whole = await toldOf(plan, keyed);
    expect([whole.of('ada'), whole.late('ada')]).toEqual([finds, late]);
    expect(naive(each)).toEqual(finds); // the properties below go by it
    for (let size = 1; size <= 7; size += 1) {
      const found = await toldOf(plan, keyed, { sizes: [size], isCold: () => size % 2 === 1 });
      expect([size, found.of('ada'), found.late('ada')]).toEqual([size, finds, late]);
    }
    for (let at = 1; at <= keyed.length; at += 1) {
      const found = await toldOf(plan, keyed, { sizes: [at, keyed.length + 1], isCold: (batch) => batch === 1 });
      expect([at, found.of('ada'), found.late('ada')]).toEqual([at, finds, late]);
    }
  });

  it('finds what its documentation shows', async () => {
    const schema = z.object({ card: z.string(), at: z.iso.datetime(), amount: z.number(), shop: z.string() });
    const payments = from(event('payment', { version: 1, key: 'card', time: 'at', schema }));
    const { matched } = payments.sequence('card-testing', {
      pattern: (p) =>
        p
          .take('small', { where: ({ amount }) => amount > 0 && amount < 2, times: 3 })
          .not('refund', { where: ({ amount }) => amount < 0 })
          .take('large', {
            where: ({ amount }) => amount > 500,
            given: ({ shop }, { small }) => small.every((each) => each.shop !== shop),
          }),
      within: minutes(10),
    });
    const alerts = matched.map('alert', ({ key, small, large }) => ({
      card: key,
      after: small.length,
      shop: large.shop,
    }));
    const alert = z.object({ card: z.string(), after: z.int(), shop: z.string() });
    const { run, lake: tables } = engineInMemory(pipeline('payments', [alerts.to(lake('alerts', { schema: alert }))]));
    const paid = (n: number, card: string, amount: number, shop: string) =>
      recordAt(
        n,
        {
          specversion: '1.0',
          id: `p${n}`,
          source: '/pos',
          type: 'payment',
          data: { card, amount, shop, at: new Date(START + minutes(n)).toISOString() },
        },
        START,
        card,
      );
    const small = ['1', '2'].flatMap((card, n) => [1, 2, 3].map((k) => paid(3 * n + k, card, 1, `s${k}`)));
    const large = [paid(7, '1', 600, 's1'), paid(8, '1', 600, 's9'), paid(9, '2', -1, 's1'), paid(10, '2', 600, 's9')];
    await run([...small, ...large, timePasses(11)]);
    expect(distinct(tables.rows('alerts'))).toMatchObject([{ card: '1', after: 3, shop: 's9' }]);
  });

  it('keeps keys apart, whatever their letters', async () => {
    const plan = planFor({ pattern: 'a b{2} !n c' });
    const keys = ['ada', 'a', '日本/é 🙂', '__proto__', 'k'.repeat(250)];
    const items = itemsOf('a0 b1 b2 c3 a4 b5 b6');
    const keyed = items.flatMap((item) => keys.map((key) => [key, { ...item, id: `${key}:${item.id}` }] as const));
    const found = await toldOf(plan, keyed, { sizes: [3, 2], isCold: (batch) => batch % 2 === 0 });
    for (const key of keys) {
      const told = ['matched a(a0) b(b1 b2) c(c3) @3', 'timedOut a(a4) b(b5 b6) @14'];
      expect(found.of(key).map((each) => each.replaceAll(`${key}:`, ''))).toEqual(told);
    }
  });

  it('tells of a match its key, its times, and what each step took, at the time of the last item', async () => {
    const { matched, timedOut } = from(Tick).sequence('seq', {
      pattern: (p) =>
        p
          .take('a', { where: ({ kind }) => kind === 'a' })
          .take('b', { times: 2 })
          .take('c', { optional: true }),
      within: minutes(10),
    });
    const tick = z.object({ key: z.string(), id: z.string(), at: z.string(), kind: z.string(), value: z.number() });
    const row = z.object({ key: z.string(), start: z.iso.datetime(), end: z.iso.datetime(), b: z.array(tick) });
    const plan = pipeline('matches', [
      matched.to(lake('matched', { schema: row.extend({ a: tick, c: z.optional(tick) }) })),
      timedOut.to(lake('timed_out', { schema: row.extend({ a: z.optional(tick), c: z.optional(tick) }) })),
    ]);
    const { run, lake: tables } = engineInMemory(plan);
    const items = itemsOf('a0 b1.5 b2 a20 x21');
    await run([...items.map((item, n) => tickAt(n + 1, 'ada', item)), timePasses(9)]);
    const [first, ...more] = distinct(tables.rows('matched'));
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      event_id: `seq/${START + minutes(10)}/ada.0`, // a c could have come until then
      event_time: '2026-11-21T10:10:00.000Z',
      key: 'ada',
      start: '2026-11-21T10:00:00.000Z',
      end: '2026-11-21T10:02:00.000Z',
      a: { id: 'a0', kind: 'a' },
      b: [{ id: 'b1.5' }, { id: 'b2' }],
    });
    expect(distinct(tables.rows('timed_out'))).toMatchObject([
      {
        event_time: '2026-11-21T10:30:00.000Z',
        start: '2026-11-21T10:20:00.000Z',
        end: '2026-11-21T10:21:00.000Z',
        a: { id: 'a20' },
      },
    ]);
  });

  it('makes matches under the id of the item that completes them', async () => {
    const { rows } = await toldOf(planFor({ pattern: 'a b', skip: 'no-skip' }), [
      ...itemsOf('a0 a1 b2').map((item) => ['ada', item] as const),
    ]);
    const shown = distinct(rows('matched')).map(({ event_id, event_time, start, end }) => [
      event_id,
      event_time,
      start,
      end,
    ]);
    const [t0, t1, t2] = ['2026-11-21T10:00:00.000Z', '2026-11-21T10:01:00.000Z', '2026-11-21T10:02:00.000Z'];
    expect(shown).toEqual([
      ['b2/seq.0', t2, t0, t2],
      ['b2/seq.1', t2, t1, t2],
    ]);
  });

  it('keeps nothing once the time of all has run out', async () => {
    const { state } = await toldOf(planFor({ pattern: 'a b{1,} c' }), [
      ...itemsOf('a0 b1 b2 a3 b4').map((item) => ['ada', item] as const),
    ]);
    expect((await state())?.stateChars).toBe(0);
  });
});

type State = { readonly waiting: readonly Json[]; readonly own?: { readonly items: Json[]; readonly runs: Json[] } };
type Node = ReturnType<typeof sequenceNode>;

const told = ({ output, timeMs, data }: Emitted) => {
  const { key: _, start: __, end: ___, ...taken } = data as Record<string, unknown>;
  return `${output} ${tellItems(taken)} @${timeMs}`;
};

/** The step by itself: its items arrive, then each is woken for, with states that are stored and read again. */
function driven(node: Node, items: readonly (readonly [timeMs: number, data: Json])[]) {
  const takes = () => true;
  let state: Json = node.init('ada') as Json;
  let wakeMs: number | undefined;
  const emitted: Emitted[] = [];
  const follow = (result: ReturnType<Node['on']>) => {
    state = result.state === undefined ? {} : JSON.parse(JSON.stringify(result.state));
    wakeMs = result.wakeMs;
    emitted.push(...(result.emit ?? []));
  };
  const wakeUntil = (untilMs: number) => {
    while (wakeMs !== undefined && wakeMs <= untilMs)
      follow(node.onWake?.(state as never, { key: 'ada', wakeMs, takes }) as never);
  };
  const watermarkMs = Number.NEGATIVE_INFINITY;
  for (const [n, [timeMs, data]] of items.entries()) {
    const context = { key: 'ada', timeMs, watermarkMs, id: `e${n}`, source: '/s', input: 0, takes };
    follow(node.on(state as never, data as never, context));
  }
  return { wakeUntil, emitted, state: () => state as unknown as State };
}

const nodeOf = (pattern: string, skip: Skip, within = 10) =>
  sequenceNode('seq', ['tick'], { pattern: patternOf(stepsOf(pattern)) as never, within, skip });

describe('the state of a sequence', () => {
  it('holds an item once, and a number of them as one range', () => {
    const ticks = Array.from({ length: 100 }, (_, n) => [n, { kind: 'a', value: n }] as const);
    const { wakeUntil, state } = driven(nodeOf('a{1,} b', 'no-skip', 1_000), ticks);
    wakeUntil(100);
    const { items, runs } = state().own as Required<State>['own'];
    expect([items.length, runs.length]).toEqual([100, 100]);
    expect(runs[7]).toEqual({ taken: [[0, 7, 99]] });
  });

  it('holds no more than what some partial match has taken', () => {
    const ticks = Array.from({ length: 90 }, (_, n) => [n, { kind: 'abx'[n % 3] as string, value: n }] as const);
    const { wakeUntil, state } = driven(nodeOf('a b c', 'no-skip', 5), ticks);
    wakeUntil(90);
    expect(state().own?.items.map((item) => (item as number[])[1])).toEqual([87, 88]);
  });

  it('is not kept of items that fit no step', () => {
    const { state } = driven(nodeOf('a b', 'no-skip'), [[0, { kind: 'x', value: 0, text: 'long' }]]);
    expect(state().waiting).toEqual([[0, 'e0', '/s', 0, [0, null]]]);
  });
});

describe('a sequence refuses', () => {
  const sequence = (pattern: unknown, within = 1) => from(Tick).sequence('seq', { pattern: pattern as never, within });
  type P = Pattern<unknown>;

  it.each<[string, (p: P) => unknown, RegExp]>([
    ['no step', (p) => p, /step 'seq': found a pattern of nothing; expected an item to begin with/],
    [
      'a beginning that is not there',
      (p) => p.not('n', {}).take('a'),
      /a pattern of n, a; expected an item to begin with/,
    ],
    [
      'nothing that must come',
      (p) => p.take('a', { optional: true }),
      /expected an item to begin with, and one that may not/,
    ],
    ['a name that a match uses', (p) => p.take('start'), /a name 'start'/],
    ['a name used twice', (p) => p.take('a').not('a', {}), /a name 'a'; expected a name of its own/],
    ['no times', (p) => p.take('a', { times: 0 }), /'a' 0 to 0 times; expected whole numbers from 1/],
    ['half a time', (p) => p.take('a', { times: { min: 1, max: 1.5 } }), /'a' 1 to 1.5 times/],
    ['less than the least', (p) => p.take('a', { times: { min: 3, max: 2 } }), /'a' 3 to 2 times/],
    ['more than it can hold', (p) => p.take('a', { times: { min: 1_001 } }), /at most 1000 to begin with/],
    [
      'more steps than it can tell apart',
      (p) => Array.from({ length: 31 }, (_, n) => `s${n}`).reduce((all, name) => all.take(name) as P, p),
      /a pattern of 31 steps; expected at most 30/,
    ],
  ])('%s', (_, pattern, message) => {
    expect(() => sequence(pattern)).toThrow(message);
  });

  it('no time', () => {
    expect(() => sequence((p: P) => p.take('a'), 0)).toThrow(
      /step 'seq': found within 0; expected at least a millisecond/,
    );
  });
});

describe('a condition that throws', () => {
  const throwing = (is: { broken: boolean }) => {
    const check = ({ kind }: { kind: string }) => {
      if (is.broken && kind === 'z') throw new RangeError('zed');
      return true;
    };
    const where = from(Tick).sequence('by-itself', { pattern: (p) => p.take('a', { where: check }), within: 1 });
    const plan = pipeline('where', [where.matched.map('id', ({ a }) => a).to(lake('found', { schema: Tick.schema }))]);
    const given = from(Tick).sequence('in-turn', { pattern: (p) => p.take('a', { given: check }), within: 1 });
    const turns = pipeline('given', [given.matched.map('id', ({ a }) => a).to(lake('found', { schema: Tick.schema }))]);
    return { plan, turns };
  };
  const records = [
    ...itemsOf('a0 z1 a2').map((item, n) => tickAt(n + 1, 'ada', item)),
    tickAt(4, 'bob', itemsOf('b3')[0] as NaiveItem),
    timePasses(5),
  ];
  const ids = (rows: readonly Record<string, unknown>[]) => distinct(rows).map(({ id }) => id);

  it('on an item parks its record, and other keys go on', async () => {
    const { run, state, lake: tables } = engineInMemory(throwing({ broken: true }).plan);
    expect(await run(records)).toMatchObject({ parked: 2, stopped: undefined });
    expect(ids(tables.rows('found'))).toEqual(['a0', 'b3']);
    expect((await state())?.lot.keys.get('ada')?.failure).toMatchObject({ step: 'by-itself' });
  });

  it('in its turn stops the pipeline until it is mended', async () => {
    const is = { broken: true };
    const { run, lake: tables } = engineInMemory(throwing(is).turns);
    expect((await run(records)).stopped).toMatch(/^step 'in-turn' fails when step 'in-turn' is woken at/);
    is.broken = false;
    await run(records);
    expect(ids(tables.rows('found'))).toEqual(['a0', 'z1', 'a2', 'b3']);
  });

  it('is not asked before what it is told of is there', () => {
    const items = itemsOf('a0 x1 b2=7 n3=8 c4').map((item) => [item.minute, { ...item }] as const);
    const asked: number[] = [];
    const node = sequenceNode<Tick, unknown>('seq', ['tick'], {
      pattern: (p) =>
        p
          .take('a', { where: ({ kind }) => kind === 'a' })
          .take('b', { where: ({ kind }) => kind === 'b', times: { min: 1 } })
          .not('n', { given: ({ value }, { b }) => asked.push(value, b[0].value) < 0 })
          .take('c', { where: ({ kind }) => kind === 'c' }),
      within: 10,
    });
    const { wakeUntil, emitted } = driven(node, items);
    wakeUntil(10);
    expect(emitted.map(told)).toEqual(['matched a(a0) b(b2=7) c(c4) @4']);
    expect(asked).toEqual([8, 7]); // of x, which came before b, nothing
  });

  it('is asked once of each item, however many partial matches there are', () => {
    const asked: number[] = [];
    const node = sequenceNode<Tick, unknown>('seq', ['tick'], {
      pattern: (p) =>
        p.take('a', { times: 3, where: ({ value }) => asked.push(value) > 0 }).take('b', { where: () => false }),
      within: 10,
    });
    const items = itemsOf('a0=1 a1=2 a2=3 a3=4').map((item) => [item.minute, { ...item }] as const);
    driven(node, items).wakeUntil(10);
    expect(asked).toEqual([1, 2, 3, 4]);
  });

  it('is not asked about an item that is late', async () => {
    const { run, lake: tables } = engineInMemory(throwing({ broken: true }).plan);
    const late = [tickAt(1, 'ada', itemsOf('a60')[0] as NaiveItem), tickAt(2, 'ada', itemsOf('z0')[0] as NaiveItem)];
    expect(await run([...late, timePasses(3)])).toMatchObject({ parked: 0 });
    expect(ids(tables.rows('found'))).toEqual(['a60']);
  });
});

describe('a sequence at its bounds', () => {
  const anything = (options: object = {}) =>
    sequenceNode('seq', ['tick'], {
      pattern: (p) => p.take('a', { ...options }).take('b', { times: 2_000 - 1_001 }),
      within: 5_000,
    });

  it('takes no more items of a key than it can hold', () => {
    const items = Array.from({ length: 1_001 }, (_, n) => [n, 0] as const);
    expect(() => driven(anything({ where: () => false }), items.slice(1))).not.toThrow();
    expect(() => driven(anything({ where: () => false }), items)).toThrow(
      '1000 items of a key wait or are in partial matches; at most 1000 may',
    );
  });

  it('parks what comes when partial matches have grown to half of what a state may have', async () => {
    const long = from(Tick).sequence('long', {
      pattern: (p) => p.take('a', { where: ({ kind }) => kind !== 'x', times: { min: 5 } }),
      within: minutes(1_000),
    });
    const { run, state } = engineInMemory(pipeline('long', [long.late.to(lake('late'))], { outOfOrderness: 0 }));
    const text = 'a'.repeat(MAX_STATE_CHARS / 4);
    const items = itemsOf('x0 a1 a2 a20 a21 a40').map((item) => ({ ...item, kind: item.kind === 'a' ? text : 'x' }));
    const found = await run(items.map((item, n) => tickAt(n + 1, 'ada', item)));
    expect(found).toMatchObject({ stopped: undefined, events: 4, parked: 2 });
    const { failure } = (await state())?.lot.keys.get('ada') ?? {};
    expect(failure?.found).toMatch(/partial matches of a key come to \d{6} characters; at most 131072 may/);
  });

  it('has no more partial matches of a key than it can go on with', () => {
    const items = Array.from({ length: 12 }, (_, n) => [n, { kind: n === 0 ? 'a' : 'b', value: 0 }] as const);
    const { wakeUntil } = driven(nodeOf('a ~b{12}', 'no-skip', 100), items);
    expect(() => wakeUntil(100)).toThrow('1024 partial matches of a key are open; at most 1000 may be');
  });
});

/** Patterns of up to four steps that often have several ways for an item. */
const steps = fc
  .array(
    fc.record({
      kinds: fc.constantFrom('a', 'b', 'c', 'ab', 'bc', 'abc'),
      isNot: fc.constantFrom(false, false, true),
      rises: fc.constantFrom(false, false, false, true),
      times: fc.constantFrom(undefined, undefined, [1, 1], [2, 2], [1, 2], [2, 3], [1, Number.POSITIVE_INFINITY]),
      optional: fc.constantFrom(false, false, true),
      lazy: fc.constantFrom(false, false, true),
      contiguity: fc.constantFrom('relaxed', 'relaxed', 'strict', 'any'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((made) => made.map((each, n) => ({ ...each, name: `s${n}` }) as NaiveStep))
  .filter(([first, ...more]) => !first?.isNot && [first, ...more].some((each) => !each?.isNot && !each?.optional));
const options = fc.record({
  within: fc.integer({ min: 1, max: 12 }),
  skip: fc.constantFrom<Skip>('no-skip', 'to-next', 'past-last'),
});
const items = fc
  .array(
    fc.record({
      kind: fc.constantFrom('a', 'a', 'b', 'b', 'c', 'x'),
      minute: fc.integer({ min: 0, max: 20 }),
      value: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 9 },
  )
  .map((made) => made.map((each, n): NaiveItem => ({ ...each, id: `e${n}` })));

describe('a sequence finds what a naive reader finds by trial', () => {
  it('in any items, in any order of arrival', () => {
    fc.assert(
      fc.property(steps, options, items, (of, { within, skip }, arriving) => {
        const node = sequenceNode('seq', ['tick'], { pattern: patternOf(of) as never, within, skip });
        const { wakeUntil, emitted, state } = driven(
          node,
          arriving.map((item) => [item.minute, { ...item }] as const),
        );
        wakeUntil(1_000);
        const expected = naiveSequence(of, inTurn(arriving), { within, skip });
        expect(emitted.map(told)).toEqual(expected);
        expect(state()).toEqual(arriving.length === 0 ? node.init('ada') : {});
      }),
      { numRuns: 700 },
    );
  });

  it('through the engine, out of order, in any batches, warm or cold, beside other keys', async () => {
    const arrival = fc.record({
      delays: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 18, maxLength: 18 }),
      sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      cold: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        steps,
        options,
        items,
        items,
        arrival,
        async (of, { within, skip }, mine, others, { delays, sizes, cold }) => {
          const plan = planOf({ pattern: patternOf(of), within: minutes(within), skip });
          const keyed = [...mine.map((each) => ['é', each] as const), ...others.map((each) => ['e', each] as const)];
          const arriving = keyed
            .map(([key, item], n) => ({ key, item, at: item.minute + OUT_OF_ORDERNESS * (delays[n] as number) }))
            .sort((a, b) => a.at - b.at)
            .map(({ key, item }) => [key, { ...item, id: `${item.id}${key}` }] as const);
          const isCold = (batch: number) => cold[batch % cold.length] as boolean;
          const found = await toldOf(plan, arriving, { sizes, isCold });
          for (const key of ['é', 'e']) {
            const own = arriving.flatMap(([of, item]) => (of === key ? [item] : []));
            expect(found.late(key)).toEqual([]);
            expect(found.of(key)).toEqual(naiveSequence(of, inTurn(own), { within, skip }).sort(byMinute));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
