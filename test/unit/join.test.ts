import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type JoinHow, minutes, pipeline } from '../../core/pipeline/index.ts';
import { engineInMemory } from '../support/engine.ts';
import { anyShares, anySizes, arriving, toldInEveryWay, toldOf } from '../support/every-way.ts';
import { type Happening, Left, l, lefts, r, recorded, rights, told } from '../support/sides.ts';

const OUT_OF_ORDERNESS = 10;

type Within = number | { readonly before: number; readonly after: number };

const planOf = (how: JoinHow, within: Within, isSelf = false) => {
  const { items, late } = lefts.join('j', isSelf ? lefts : rights, {
    within,
    how,
    with: (left, right) => ({ text: `${left?.text ?? '-'}+${right?.text ?? '-'}` }),
  });
  return pipeline(
    'joins',
    [items.to(told('items')), late.left.to(told('late_left')), late.right.to(told('late_right'))],
    { outOfOrderness: minutes(OUT_OF_ORDERNESS) },
  );
};

const FIVE = minutes(5);
const A_MS = 1 / 60_000;

interface Case {
  readonly name: string;
  readonly within?: Within;
  readonly items: readonly Happening[];
  /** Rows of pairs, of left items alone, and of right ones. */
  readonly pairs?: readonly string[];
  readonly left?: readonly string[];
  readonly right?: readonly string[];
  readonly lateLeft?: readonly string[];
  readonly lateRight?: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'nothing', items: [] },
  { name: 'one on the left', items: [l('a', 0)], left: ['a/j. a+- @5'] },
  { name: 'one on the right', items: [r('b', 0)], right: ['/j.b -+b @5'] },
  { name: 'a pair, the left first', items: [l('a', 0), r('b', 3)], pairs: ['a/j.b a+b @3'] },
  { name: 'a pair, the right first', items: [r('b', 0), l('a', 3)], pairs: ['a/j.b a+b @3'] },
  { name: 'a pair that arrives the other way round', items: [r('b', 3), l('a', 0)], pairs: ['a/j.b a+b @3'] },
  { name: 'a pair of one time', items: [l('a', 1), r('b', 1)], pairs: ['a/j.b a+b @1'] },
  {
    name: 'a bound of nothing',
    within: 0,
    items: [l('a', 1), r('b', 1 + A_MS), r('c', 1), l('d', 1 + A_MS)],
    pairs: ['a/j.c a+c @1', 'd/j.b d+b @1'],
  },
  {
    name: 'the ends of the bound, and a millisecond beyond them',
    items: [l('a', 10), r('early', 5), r('earlier', 5 - A_MS), r('late', 15), r('later', 15 + A_MS)],
    pairs: ['a/j.early a+early @10', 'a/j.late a+late @15'],
    right: ['/j.earlier -+earlier @10', '/j.later -+later @20'],
  },
  {
    name: 'a bound that differs by side',
    within: { before: minutes(1), after: minutes(8) },
    items: [l('a', 10), r('b', 9), r('c', 18), r('d', 8.999), r('e', 18.001)],
    pairs: ['a/j.b a+b @10', 'a/j.c a+c @18'],
    right: ['/j.d -+d @9.999', '/j.e -+e @19.001'],
  },
  {
    name: 'several of each side',
    items: [l('a', 0), l('b', 1), r('x', 2), r('y', 2), l('c', 3)],
    pairs: ['a/j.x a+x @2', 'b/j.x b+x @2', 'a/j.y a+y @2', 'b/j.y b+y @2', 'c/j.x c+x @3', 'c/j.y c+y @3'],
  },
  {
    name: 'keys of their own, whatever they are made of',
    items: [
      l('a', 0, { key: 'é/日本' }),
      r('b', 0, { key: 'e\u0301/日本' }),
      r('c', 1, { key: 'é/日本' }),
      l('d', 1, { key: '🎈 #/.\n' }),
      r('e', 2, { key: '🎈 #/.\n', text: '𝒳' }),
    ],
    pairs: ['a/j.c a+c @1', 'd/j.e d+𝒳 @2'],
    right: ['/j.b -+b @5'],
  },
  {
    name: 'the same id from several sources',
    items: [
      l('a', 0, { source: '/one' }),
      l('a', 0, { source: '/two' }),
      r('a', 1, { source: '/three' }),
      r('a', 30, { source: '/four' }),
    ],
    pairs: ['a/j.a a+a @1 /one /three', 'a/j.a a+a @1 /two /three'],
    right: ['/j.a -+a @35 /four'],
  },
  {
    name: 'an item that is waited for until event time has passed its last partner',
    items: [l('a', 0), l('far', 15, { key: 'other' }), r('b', 5)],
    pairs: ['a/j.b a+b @5'],
    left: ['far/j. far+- @20'],
  },
  {
    name: 'items that come too late, of either side',
    items: [l('a', 0), r('far', 15 + A_MS, { key: 'other' }), r('b', 5), l('c', 5), r('d', 6), l('e', 5 + A_MS)],
    pairs: ['e/j.d e+d @6'],
    left: ['a/j. a+- @5'],
    right: ['/j.far -+far @20'],
    lateLeft: ['c/j.0 c @5'],
    lateRight: ['b/j.0 b @5'],
  },
  {
    name: 'gaps: each group is done with before the next',
    items: [l('a', 0), r('b', 1), l('c', 100), l('d', 200), r('e', 201)],
    pairs: ['a/j.b a+b @1', 'd/j.e d+e @201'],
    left: ['c/j. c+- @105'],
  },
  {
    name: 'huge values',
    items: [l('a', 0, { text: 'x'.repeat(30_000) }), r('b', 1, { text: 'y'.repeat(30_000) })],
    pairs: [`a/j.b ${'x'.repeat(30_000)}+${'y'.repeat(30_000)} @1`],
  },
];

describe.each(['inner', 'left', 'full'] as const)('a %s join of streams', (how) => {
  it.each(cases)('takes $name', async ({ within = FIVE, items, pairs, left, right, lateLeft, lateRight }) => {
    const found = await toldInEveryWay(planOf(how, within), items.map(recorded));
    const expected = [
      ...(pairs ?? []),
      ...(how === 'inner' ? [] : (left ?? [])),
      ...(how === 'full' ? (right ?? []) : []),
    ];
    expect([...(found.items ?? [])].sort()).toEqual(expected.sort());
    expect(found.late_left).toEqual(lateLeft ?? []);
    expect(found.late_right).toEqual(lateRight ?? []);
  });
});

/** What anyone can see: every left item beside every right one. */
function naively(how: JoinHow, { before, after }: Exclude<Within, number>, items: readonly Happening[]) {
  const of = (side: string) => items.filter((each) => each.side === side);
  const isPair = (left: Happening, right: Happening) => {
    const later = minutes(right.minute) - minutes(left.minute);
    return left.key === right.key && -before <= later && later <= after;
  };
  const [ofLeft, ofRight] = [of('left'), of('right')];
  const pairs = ofLeft.flatMap((left) => ofRight.filter((right) => isPair(left, right)).map((right) => [left, right]));
  const alone = (sides: readonly Happening[]) => sides.filter((each) => !pairs.some((pair) => pair.includes(each)));
  const minute = (ms: number) => Math.round(ms / 60) / 1_000;
  const row = (left: string, right: string, at: number) =>
    `${left}/j.${right} ${left || '-'}+${right || '-'} @${minute(at)}`;
  return [
    ...pairs.map(([a, b]) => row(a?.id ?? '', b?.id ?? '', Math.max(minutes(a?.minute ?? 0), minutes(b?.minute ?? 0)))),
    ...(how === 'inner' ? [] : alone(ofLeft).map(({ id, minute: at }) => row(id, '', minutes(at) + after))),
    ...(how === 'full' ? alone(ofRight).map(({ id, minute: at }) => row('', id, minutes(at) + before)) : []),
  ].sort();
}

describe('joins of streams', () => {
  const happening = fc.record({
    side: fc.constantFrom('left', 'right'),
    key: fc.constantFrom('ada', 'bob', 'é/日本'),
    minute: fc.integer({ min: 0, max: 60 }),
  });
  const bound = fc.record({ before: fc.integer({ min: 0, max: 12 }), after: fc.integer({ min: 0, max: 12 }) });
  const how = fc.constantFrom<JoinHow>('inner', 'left', 'full');

  it('have the rows of two nested loops, in whatever order and batches, warm or cold', async () => {
    const made = fc.array(happening, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        made,
        anyShares,
        anySizes,
        bound,
        how,
        fc.boolean(),
        async (made, shares, batches, bounds, kind, cold) => {
          const items = made.map((each, n): Happening => ({ ...each, id: `e${n}` }) as Happening);
          const within = { before: minutes(bounds.before), after: minutes(bounds.after) };
          const records = arriving(items, OUT_OF_ORDERNESS, shares).map(recorded);
          const found = await toldOf(planOf(kind, within), records, batches, cold);
          expect([...(found.items ?? [])].sort()).toEqual(naively(kind, within, items));
          expect([found.late_left, found.late_right]).toEqual([[], []]);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('have the same rows of the same stream on both sides', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 12 }),
        anyShares,
        anySizes,
        how,
        async (made, shares, batches, kind) => {
          const items = made.map((each, n): Happening => ({ ...each, side: 'left', id: `e${n}` }));
          const within = { before: minutes(0), after: minutes(5) };
          const records = arriving(items, OUT_OF_ORDERNESS, shares).map(recorded);
          const found = await toldOf(planOf(kind, within, true), records, batches, true);
          const both = [...items, ...items.map((each): Happening => ({ ...each, side: 'right' }))];
          expect([...(found.items ?? [])].sort()).toEqual(naively(kind, within, both));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('tell the pairs of an item in the order of its partners', async () => {
    const records = [l('c', 3), l('b', 1), l('a', 3), r('x', 2)].map(recorded);
    const found = await toldInEveryWay(planOf('inner', FIVE), records);
    expect(found.items).toEqual(['b/j.x b+x @2', 'a/j.x a+x @3', 'c/j.x c+x @3']);
  });

  it('keep an item no longer than a partner can come', async () => {
    const { run, state } = engineInMemory(planOf('inner', { before: minutes(2), after: minutes(5) }));
    const cell = async () => (await state()).cellOf('j/k')?.state as readonly (readonly (readonly unknown[])[])[];
    const ids = async () => (await cell())?.map((side) => side.map(([, id]) => id));
    const of = (n: number, happening: Happening) => recorded(happening)(n);
    await run([of(1, l('a', 0)), of(2, r('b', 0)), of(3, r('c', 12))]);
    expect(await ids()).toEqual([['a'], ['b', 'c']]); // event time has come to 2
    await run([of(4, r('d', 12 + A_MS))]);
    expect(await ids()).toEqual([['a'], ['b', 'c', 'd']]); // it had come to 2 before
    await run([of(5, l('e', 15 + A_MS))]);
    expect(await ids()).toEqual([
      ['a', 'e'],
      ['c', 'd'],
    ]);
    await run([of(6, l('f', 40, { key: 'other' }))]);
    expect(await ids()).toBeUndefined();
  });

  it('park a record when its row cannot be made, when it comes', async () => {
    const plan = (isBroken: boolean) => {
      const row = (left: string, right: string | undefined) => {
        if (isBroken && right === undefined) throw new Error('no right side');
        return { text: left };
      };
      const { items } = lefts.join('j', rights, { within: FIVE, how: 'left', with: (a, b) => row(a.text, b?.text) });
      return pipeline('joins', [items.to(told('items'))]);
    };
    const { run, state } = engineInMemory(plan(true));
    expect(await run([recorded(l('a', 0))(1)])).toMatchObject({ events: 0, parked: 1 });
    expect((await state()).lot.keys.get('k')?.failure).toMatchObject({ step: 'j' });
    expect(await engineInMemory(plan(false)).run([recorded(l('a', 0))(1)])).toMatchObject({ events: 1, parked: 0 });
  });

  it('park a record that would have too many of its key wait', async () => {
    const small = lefts.map('small', () => 1);
    const { items } = small.join('j', rights, {
      within: FIVE,
      how: 'inner',
      with: (a, b) => ({ text: `${a}${b.text}` }),
    });
    const { run, state } = engineInMemory(pipeline('joins', [items.to(told('items'))]));
    const records = Array.from({ length: 1_001 }, (_, n) => recorded(l(`${n}`, 0))(n + 1));
    expect(await run(records)).toMatchObject({ events: 1_000, parked: 1 });
    expect((await state()).lot.keys.get('k')?.failure.found).toMatch(
      /1001 items of a key wait for partners; at most 1000 may/,
    );
  });

  it('have records of either side come under their key', async () => {
    const { run, lake } = engineInMemory(planOf('inner', FIVE));
    const [a, b] = [recorded(l('a', 0))(1), recorded(r('b', 0))(2)];
    await run([
      { ...a, partitionKey: 'another' },
      { ...b, partitionKey: 'another' },
    ]);
    expect(lake.rows('quarantine')).toMatchObject([{ step: Left.type }, { step: 'test.right' }]);
  });

  it.each([
    [-1, "step 'j': found after -1"],
    [{ before: 0.5, after: 0 }, "step 'j': found before 0.5"],
  ])('refuse a bound of %j', (within, found) => {
    expect(() => planOf('inner', within)).toThrow(found);
  });
});
