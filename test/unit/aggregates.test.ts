import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnyAggregate } from '../../core/aggregates/aggregate.ts';
import {
  AggregateInputError,
  type Aggregates,
  all,
  average,
  collect,
  count,
  countIf,
  distinctCount,
  first,
  latest,
  max,
  min,
  mostFrequent,
  quantiles,
  reduce,
  stddev,
  sum,
  top,
  variance,
  when,
} from '../../core/aggregates/index.ts';
import { MAX_STATE_CHARS } from '../../core/event/json.ts';
import { resultOf, stateOf, type Timed, treeOf } from '../support/aggregates.ts';

/** Gives aggregates their item's type, as a step does. */
const forHits = <Named extends Aggregates<Hit>>(aggregates: Named) => aggregates;

type Hit = { readonly url: string; readonly bytes: number; readonly ms: number; readonly bot: boolean };

/** Every aggregate that promises the same bytes for the same items in any order and grouping, with small bounds so that
 *  what happens beyond them is seen. */
const ordered = forHits({
  count: count(),
  countIf: countIf((hit) => hit.bot),
  sum: sum('ms'),
  average: average('ms'),
  variance: variance('ms'),
  stddev: stddev('bytes'),
  min: min('ms'),
  max: max('url'),
  first: first('url'),
  latest: latest(({ url, bytes }) => ({ url, bytes })),
  'collect first': collect('url', { first: 3 }),
  'collect latest': collect('bytes', { latest: 3 }),
  top: top('url', { n: 3, by: 'bytes' }),
  'top with ties': top('url', { n: 2, by: 'bytes', ties: true }),
  mostFrequent: mostFrequent('url', { n: 3 }),
  'distinctCount, exact': distinctCount('url'),
  'distinctCount, estimated': distinctCount('url', { exactUpTo: 3, error: 0.26 }),
  quantiles: quantiles('ms', { p50: 0.5 }),
  'quantiles with few buckets': quantiles('ms', { p50: 0.5 }, { accuracy: 0.2 }),
  all: all({ a: sum('ms'), b: count() }),
  when: when((hit) => hit.bot, distinctCount('url'), { none: 0 }),
});

const hit: fc.Arbitrary<Hit> = fc.record({
  url: fc.oneof(fc.constantFrom('/', '/a', '/b', '5', '12', '__proto__', ' ', '\ud800'), fc.string()),
  bytes: fc.integer({ min: -5, max: 5 }),
  ms: fc.oneof(
    fc.integer(),
    fc.integer({ min: -1000, max: 1000 }).map((n) => n / 100),
    fc.constantFrom(0, -0, 5e-324, 1e-300, 0.1, 1e16, 1e100, -1e100, Number.MAX_SAFE_INTEGER),
    fc.double({ noNaN: true, min: -1e140, max: 1e140 }),
  ),
  bot: fc.boolean(),
});
/** Times and ids collide often. */
const at = fc.record({ timeMs: fc.integer({ min: 0, max: 3 }), id: fc.constantFrom('a', 'b', 'B', 'é') });
const items: fc.Arbitrary<readonly Timed<Hit>[]> = fc.array(fc.record({ item: hit, at }), {
  minLength: 1,
  maxLength: 30,
});
const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 30 });
/** Items, the same in another order, and a way to group them. */
const rearranged = items.chain((given) =>
  fc.tuple(
    fc.constant(given),
    fc.shuffledSubarray([...given], { minLength: given.length, maxLength: given.length }),
    picks,
  ),
);

describe.each(Object.entries(ordered))('%s', (_, aggregate) => {
  it('has the same state, to the byte, in whatever order and grouping the items come', () => {
    fc.assert(
      fc.property(rearranged, ([given, shuffled, order]) => {
        const state = JSON.stringify(stateOf(aggregate, given));
        expect(JSON.stringify(treeOf(aggregate, shuffled, order))).toBe(state);
      }),
    );
  });

  it('has a result that JSON can hold', () => {
    fc.assert(
      fc.property(items, (given) => {
        const result = aggregate.result(stateOf(aggregate, given) as never);
        expect(JSON.parse(JSON.stringify(result))).toStrictEqual(result);
      }),
    );
  });
});

const hits = (...bytes: readonly number[]) =>
  bytes.map((n) => ({ url: `/${n}`, bytes: n, ms: n / 10, bot: n % 2 === 0 }));

const results: readonly (readonly [AnyAggregate<Hit>, unknown])[] = [
  [count(), 5],
  [countIf((hit) => hit.bot), 2],
  [sum('ms'), 1.5],
  [sum((hit) => hit.bytes * 2), 30],
  [average('bytes'), 3],
  [variance('bytes'), 2],
  [stddev('bytes'), Math.SQRT2],
  [min('bytes'), 1],
  [max('url'), '/5'],
  [first('url'), '/3'],
  [latest((hit) => [hit.url, hit.bytes]), ['/2', 2]],
  [collect('bytes', { first: 2 }), [3, 1]],
  [collect('bytes', { latest: 2 }), [5, 2]],
  [collect('bytes', { latest: 9 }), [3, 1, 4, 5, 2]],
  [top('url', { n: 2, by: 'ms' }), ['/5', '/4'].map((value, i) => ({ value, by: [0.5, 0.4][i] }))],
  [
    top('url', { n: 2, by: ({ bytes }) => Math.min(bytes, 3), ties: true }),
    ['/3', '/4', '/5'].map((value) => ({ value, by: 3 })),
  ],
  [top('url', { n: 2, by: ({ bytes }) => -bytes, ties: true }), [1, 2].map((n) => ({ value: `/${n}`, by: -n }))],
  [top('url', { n: 9, by: () => 0, ties: true }), [3, 1, 4, 5, 2].map((n) => ({ value: `/${n}`, by: 0 }))],
  [mostFrequent('bot', { n: 9 }), [false, true].map((value, i) => ({ value, count: [3, 2][i], missed: 0 }))],
  [distinctCount('bot'), 2],
  [quantiles('bytes', { least: 0, most: 1 }), { least: 1, most: 5 }],
  [reduce('path', { of: (hit) => hit.url, merge: (left, right) => `${left}${right}` }), '/3/1/4/5/2'],
  [all({ n: count(), last: latest('url') }), { n: 5, last: '/2' }],
  [when((hit) => hit.bot, latest('url'), { none: null }), '/2'],
  [when((hit) => hit.bytes > 5, latest('url'), { none: null }), null],
];

describe('the result', () => {
  it.each(results.map(([aggregate, expected]) => [aggregate.kind, aggregate, expected] as const))(
    'of %s',
    (_, aggregate, expected) => {
      expect(resultOf(aggregate, hits(3, 1, 4, 5, 2))).toEqual(expected);
    },
  );

  it('keeps the types of values apart', () => {
    const values = ['1', 1, true, 'true', '1'].map((value) => ({ value }));
    const scalar = ({ value }: { value: string | number | boolean }) => value;
    expect(resultOf(distinctCount(scalar), values)).toBe(4);
    expect(resultOf(mostFrequent(scalar, { n: 5 }), values)).toEqual([
      { value: '1', count: 2, missed: 0 },
      { value: true, count: 1, missed: 0 },
      { value: 1, count: 1, missed: 0 },
      { value: 'true', count: 1, missed: 0 },
    ]);
  });
});

describe('reduce', () => {
  it('merges in the order of arrival, in any grouping', () => {
    const path = reduce('path', { of: (hit: Hit) => hit.url, merge: (left: string, right: string) => left + right });
    fc.assert(
      fc.property(items, picks, (given, order) => {
        expect(treeOf(path, given, order)).toBe(given.map(({ item }) => item.url).join(''));
      }),
    );
  });
});

describe('a kind', () => {
  it('says all that the state depends on and nothing that it does not', () => {
    const aggregates: readonly AnyAggregate<Hit>[] = [
      sum('ms'),
      sum((hit) => hit.ms),
      collect('ms', { latest: 3 }),
      top('url', { n: 3, by: 'ms' }),
      mostFrequent('url', { n: 3 }),
      distinctCount('url'),
      quantiles('ms', { p50: 0.5 }),
      reduce('path', { of: (hit) => hit.url, merge: (left) => left }),
      ordered.all,
      ordered['top with ties'],
      ordered.when,
    ];
    expect(aggregates.map(({ kind }) => kind)).toEqual([
      'sum(ms)',
      'sum(=>)',
      'collect(ms,latest 3)',
      'top(url,3 by ms)',
      'mostFrequent(url,100)',
      'distinctCount(url,256,0.02)',
      'quantiles(ms,0.01)',
      'reduce(path)',
      'all(a:sum(ms),b:count)',
      'top(url,2 by bytes with ties)',
      'when(=>,distinctCount(url,256,0.02))',
    ]);
  });

  it("of all is the same however its aggregates are written down, and so are its state's bytes", () => {
    const other = all<Hit, { b: ReturnType<typeof count>; a: ReturnType<typeof sum<Hit>> }>({
      b: count(),
      a: sum('ms'),
    });
    expect(other.kind).toBe(ordered.all.kind);
    const at = { timeMs: 0, id: '' };
    const [one] = hits(1) as [Hit];
    expect(JSON.stringify(other.of(one, at))).toBe(JSON.stringify(ordered.all.of(one, at)));
  });
});

describe('what cannot be aggregated', () => {
  const at = { timeMs: 0, id: 'a' };
  const given = (value: unknown) => ({ value }) as never;

  it.each([
    ['sum', sum(({ value }: { value: number }) => value)],
    ['average', average<{ value: number }>('value')],
    ['variance', variance<{ value: number }>('value')],
    ['min', min<{ value: number }, 'value'>('value')],
    ['quantiles', quantiles<{ value: number }, 'p'>('value', { p: 0.5 })],
    ['top', top(() => 1, { n: 1, by: ({ value }: { value: number }) => value })],
    ['distinctCount', distinctCount<{ value: number }>('value')],
    ['mostFrequent', mostFrequent<{ value: number }, 'value'>('value', { n: 1 })],
  ])('is refused by %s, without being said', (_, aggregate) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, null, undefined, { secret: 'secret' }, 1n]) {
      expect(() => aggregate.of(given(value), at)).toThrow(AggregateInputError);
      expect(() => aggregate.of(given(value), at)).not.toThrow(/secret/);
    }
    expect(aggregate.of(given(-0), at)).toStrictEqual(aggregate.of(given(0), at));
  });

  it('is told by kind, found and expected', () => {
    expect(() => sum<{ value: number }>('value').of(given(Number.NaN), at)).toThrow(
      'sum(value): found NaN; expected a finite number',
    );
    expect(() => distinctCount<{ value: string }>('value').of(given(null), at)).toThrow(
      'distinctCount(value,256,0.02): found null; expected a string, a number or a boolean',
    );
    expect(() => sum<{ value: number }>('value').merge(1e308, 1e308)).toThrow(
      'sum(value): found a sum above 1.8e308; expected one that a double can hold',
    );
    expect(() => variance<{ value: number }>('value').of(given(1e141), at)).toThrow(/at most 1e\+140/);
    const alike = Array.from({ length: 1001 }, (_, n) => ({ item: n, at: { timeMs: n, id: '' } }));
    expect(() =>
      stateOf(
        top((n: number) => n, { n: 1, by: () => 7, ties: true }),
        alike,
      ),
    ).toThrow('top(=>,1 by => with ties): found 1001 items with ties; expected at most 1000');
    expect(() => max<{ value: number }, 'value'>('value').merge(1, 'a')).toThrow(
      'max(value): found a string besides a number; expected values of one type',
    );
  });

  it.each([
    ['collect(ms,first 0): found first 0', () => collect<Hit, 'ms'>('ms', { first: 0 })],
    ['collect(ms,latest 1.5): found latest 1.5', () => collect<Hit, 'ms'>('ms', { latest: 1.5 })],
    ['top(url,1001 by ms): found n 1001', () => top<Hit, 'url'>('url', { n: 1001, by: 'ms' })],
    ['mostFrequent(url,5): found n 6', () => mostFrequent<Hit, 'url'>('url', { n: 6, exactUpTo: 5 })],
    ['mostFrequent(url,9999): found exactUpTo', () => mostFrequent<Hit, 'url'>('url', { n: 6, exactUpTo: 9999 })],
    ['distinctCount(url,9999,0.02): found exactUpTo', () => distinctCount<Hit>('url', { exactUpTo: 9999 })],
    ['distinctCount(url,256,0.001): found error', () => distinctCount<Hit>('url', { error: 0.001 })],
    ['quantiles(ms,0.5): found accuracy', () => quantiles<Hit, 'p'>('ms', { p: 0.5 }, { accuracy: 0.5 })],
    ['quantiles(ms,0.01): found p99 99', () => quantiles<Hit, 'p99'>('ms', { p99: 99 })],
    ['all(): found no aggregate', () => all<Hit, Record<never, never>>({})],
  ])('is a parameter: %s', (message, make) => {
    expect(make).toThrow(message);
  });
});

describe('states stay bounded', () => {
  const many = Array.from({ length: 2100 }, (_, i) => ({
    item: { url: `/${i}`, bytes: i, ms: Math.sin(i + 1) * 10 ** ((i % 200) - 100), bot: false },
    at: { timeMs: i, id: `${i}` },
  }));
  const bounds: readonly (readonly [string, AnyAggregate<Hit>, number])[] = [
    ['sum', sum('ms'), 1_400],
    ['variance', variance('ms'), 4_000],
    ['collect', collect('url', { latest: 50 }), 1_200],
    ['top', top('url', { n: 50, by: 'ms' }), 3_000],
    ['mostFrequent', mostFrequent('url', { n: 5 }), 1_500],
    ['distinctCount', distinctCount('url'), 4_120],
    ['the finest distinctCount', distinctCount('url', { exactUpTo: 2000, error: 0.006 }), 33_000],
    ['quantiles', quantiles('ms', { p: 0.5 }), 5_000],
    ['the finest quantiles', quantiles('ms', { p: 0.5 }, { accuracy: 0.002 }), 20_000],
  ];
  it.each(bounds)('%s', (_, aggregate, most) => {
    const size = JSON.stringify(stateOf(aggregate, many)).length;
    expect(size).toBeLessThan(most);
    expect(most).toBeLessThan(MAX_STATE_CHARS);
  });
});
