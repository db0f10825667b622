import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minutes, pipeline } from '../../core/pipeline/index.ts';
import { engineInMemory } from '../support/engine.ts';
import { anyShares, anySizes, arriving, START, toldInEveryWay, toldOf } from '../support/every-way.ts';
import { type Happening, l, lefts, r, recorded, rights, told } from '../support/sides.ts';

const OUT_OF_ORDERNESS = 10;

interface Value {
  readonly text: string;
}

const rowOf = ({ text }: Value) => (text === 'gone' ? 'delete' : { upsert: { text } });

/** Right items look up what left ones say. */
const planOf = (how: 'inner' | 'left', lives: { readonly ttl?: number } = {}) => {
  const table = lefts.table('t', { change: rowOf, ...lives });
  const { items, late } = rights.lookup('look', table, {
    how,
    with: (item, row) => ({ text: `${item.text}:${row?.text ?? '-'}` }),
  });
  return pipeline('lookups', [items.to(told('items')), late.to(told('late')), table.late.to(told('late_changes'))], {
    outOfOrderness: minutes(OUT_OF_ORDERNESS),
  });
};

const A_MS = 1 / 60_000;

interface Case {
  readonly name: string;
  readonly ttl?: number;
  readonly items: readonly Happening[];
  readonly found: readonly string[];
  /** What inner lookups leave out. */
  readonly without?: readonly string[];
  readonly late?: readonly string[];
}

const at = (id: string, row: string, minute: number) => `${id}/look.0 ${id}:${row} @${minute}`;

const cases: readonly Case[] = [
  { name: 'nothing', items: [], found: [] },
  { name: 'a row that nobody asks for', items: [l('a', 0)], found: [] },
  { name: 'an item without row', items: [r('x', 0)], found: [], without: [at('x', '-', 0)] },
  {
    name: 'a row from its time on, a millisecond before it, and at it',
    items: [r('x', 1 - A_MS), r('y', 1), r('z', 1 + A_MS), l('a', 1)],
    found: [at('y', 'a', 1), at('z', 'a', 1)],
    without: [at('x', '-', 1)],
  },
  {
    name: 'each row while it held, in whatever order the changes arrive',
    items: [l('c', 8), r('y', 5), l('a', 0), r('z', 9), l('b', 4), r('x', 3)],
    found: [at('x', 'a', 3), at('y', 'b', 5), at('z', 'c', 9)],
  },
  {
    name: 'a deletion, and a row after it',
    items: [l('a', 0), l('b', 2, { text: 'gone' }), l('c', 4), r('x', 1), r('y', 2), r('z', 4)],
    found: [at('x', 'a', 1), at('z', 'c', 4)],
    without: [at('y', '-', 2)],
  },
  {
    name: 'the last of several changes of one millisecond',
    items: [
      l('10', 1),
      l('8', 1),
      l('9', 1, { text: 'gone' }),
      r('x', 1),
      l('20', 3, { text: 'gone' }),
      l('3', 3),
      r('y', 3),
    ],
    found: [at('x', '10', 1)],
    without: [at('y', '-', 3)],
  },
  {
    name: 'keys of their own',
    items: [l('a', 0, { key: 'é/日本' }), r('x', 1, { key: 'e\u0301/日本' }), r('y', 1, { key: 'é/日本' })],
    found: [at('y', 'a', 1)],
    without: [at('x', '-', 1)],
  },
  {
    name: 'items that come too late',
    items: [l('a', 0), r('far', 15, { key: 'other' }), r('x', 5 - A_MS), r('y', 5)],
    found: [at('y', 'a', 5)],
    without: [at('far', '-', 15)],
    late: ['x/look.0 x @5'],
  },
  {
    name: 'changes that come too late, for the items that wait and those to come',
    items: [l('a', 0), r('x', 6), r('far', 15, { key: 'other' }), l('b', 1), r('y', 6), l('c', 0.5), r('z', 7)],
    found: [at('x', 'b', 6), at('y', 'b', 6), at('z', 'b', 7)],
    without: [at('far', '-', 15)],
  },
  {
    name: 'a deletion that comes too late',
    items: [l('a', 0), r('far', 15, { key: 'other' }), l('b', 1, { text: 'gone' }), r('y', 6)],
    found: [],
    without: [at('far', '-', 15), at('y', '-', 6)],
  },
  {
    name: 'no row from before a deletion that nobody remembers',
    items: [
      l('a', 0),
      l('b', 2, { text: 'gone' }),
      l('far', 30, { key: 'other' }),
      l('c', 25),
      l('d', 1),
      r('x', 22),
      r('y', 26),
    ],
    found: [at('y', 'c', 26)],
    without: [at('x', '-', 22)],
  },
  {
    name: 'a row that is deleted by its time to live',
    ttl: minutes(30),
    items: [
      l('a', 0),
      r('x', 30 - A_MS),
      r('y', 30),
      r('z', 31),
      l('b', 31),
      l('far', 90, { key: 'other' }),
      r('w', 80),
    ],
    found: [at('x', 'a', 30), at('z', 'b', 31)],
    without: [at('y', '-', 30), at('w', '-', 80)],
  },
  {
    name: 'huge values',
    items: [l('a', 0, { text: 'x'.repeat(20_000) }), r('x', 1, { text: 'y'.repeat(20_000) })],
    found: [`x/look.0 ${'y'.repeat(20_000)}:${'x'.repeat(20_000)} @1`],
  },
];

describe.each(['inner', 'left'] as const)('a lookup, %s', (how) => {
  it.each(cases)('finds $name', async ({ items, found, without = [], late = [], ...lives }) => {
    const all = await toldInEveryWay(planOf(how, lives), items.map(recorded));
    expect([...(all.items ?? [])].sort()).toEqual([...found, ...(how === 'left' ? without : [])].sort());
    expect([all.late, all.late_changes]).toEqual([late, []]);
  });
});

describe('lookups', () => {
  const happening = fc.record({
    side: fc.constantFrom('left', 'right'),
    key: fc.constantFrom('ada', 'bob', 'é/日本'),
    minute: fc.integer({ min: 0, max: 40 }),
    text: fc.constantFrom('one', 'two', 'gone'),
  });
  const anyItems = fc.array(happening, { maxLength: 30 });
  const identified = (made: readonly object[]) => made.map((each, n) => ({ ...each, id: `e${n}` }) as Happening);

  /** The row that an item's key had at its time. */
  const rowAt = (items: readonly Happening[], { key, minute }: Happening) => {
    const before = items.filter((each) => each.side === 'left' && each.key === key && each.minute <= minute);
    const { text = 'gone' } = before.sort((a, b) => a.minute - b.minute).at(-1) ?? {};
    return text === 'gone' ? '-' : text;
  };
  const naively = (items: readonly Happening[]) =>
    items
      .filter(({ side }) => side === 'right')
      .map((each) => [each.id, `${each.text}:${rowAt(items, each)}`, each.minute] as const);

  it('find the row of the time, in whatever order and batches, warm or cold', async () => {
    await fc.assert(
      fc.asyncProperty(anyItems, anyShares, anySizes, fc.boolean(), async (made, shares, sizes, isCold) => {
        const items = identified(made);
        const records = arriving(items, OUT_OF_ORDERNESS, shares).map(recorded);
        const found = await toldOf(planOf('left'), records, sizes, isCold);
        const expected = naively(items).map(([id, text, minute]) => `${id}/look.0 ${text} @${minute}`);
        expect([...(found.items ?? [])].sort()).toEqual(expected.sort());
        expect(found.late).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('can follow each other, and other steps that wait', async () => {
    const table = lefts.table('t', { change: rowOf });
    const sorted = rights.inOrder('sorted').items;
    const once = sorted.lookup('once', table, { how: 'left', with: ({ text }, row) => ({ text, row }) }).items;
    const twice = once.lookup('twice', table, {
      how: 'left',
      with: ({ text, row }, again) => ({ text: `${text}:${row?.text ?? '-'}:${again?.text ?? '-'}` }),
    });
    const plan = pipeline(
      'lookups',
      [twice.items.to(told('items')), twice.late.map('late-text', ({ text }) => ({ text })).to(told('late'))],
      {
        outOfOrderness: minutes(OUT_OF_ORDERNESS),
      },
    );
    await fc.assert(
      fc.asyncProperty(anyItems, anyShares, anySizes, fc.boolean(), async (made, shares, sizes, isCold) => {
        const items = identified(made);
        const found = await toldOf(plan, arriving(items, OUT_OF_ORDERNESS, shares).map(recorded), sizes, isCold);
        const expected = naively(items).map(
          ([id, text, minute]) => `${id}/sorted.0/once.0/twice.0 ${text}:${text.split(':')[1]} @${minute}`,
        );
        expect([...(found.items ?? [])].sort()).toEqual(expected.sort());
        expect(found.late).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('come after the changes of their time, whatever the names of the steps that these come through', async () => {
    const table = lefts.inOrder('z-sorted').items.table('z-table', { change: rowOf });
    const { items } = rights.lookup('a-look', table, {
      how: 'left',
      with: (item, row) => ({ text: `${item.text}:${row?.text}` }),
    });
    const found = await toldInEveryWay(
      pipeline('lookups', [items.to(told('items'))]),
      [r('x', 0), l('a', 0)].map(recorded),
    );
    expect(found.items).toEqual(['x/a-look.0 x:a @0']);
  });

  it('of a table of the same items find what the item itself says', async () => {
    const table = lefts.table('t', { change: rowOf });
    const { items } = lefts.lookup('look', table, {
      how: 'inner',
      with: (item, row) => ({ text: `${item.text}:${row.text}` }),
    });
    const found = await toldInEveryWay(
      pipeline('lookups', [items.to(told('items'))]),
      [l('a', 0), l('b', 1)].map(recorded),
    );
    expect(found.items).toEqual(['a/look.0 a:a @0', 'b/look.0 b:b @1']);
  });

  it('keep nothing of a key without row', async () => {
    const { run, state } = engineInMemory(planOf('left'));
    const cell = async () => (await state()).cellOf('look/k')?.state;
    await run([l('a', 0), r('x', 1), l('far', 11 + A_MS, { key: 'other' })].map((each, n) => recorded(each)(n + 1)));
    expect(await cell()).toMatchObject({
      waiting: [],
      own: [START, '2026-11-21T10:00:00.000Z', 'a', '/test', { text: 'a' }],
    });
    await run([l('b', 2, { text: 'gone' }), l('far2', 20, { key: 'other' })].map((each, n) => recorded(each)(n + 4)));
    expect(await cell()).toBeUndefined();
  });

  it('stop the pipeline where what is made of an item throws, and go on once it is mended', async () => {
    let isBroken = true;
    const table = lefts.table('t', { change: rowOf });
    const { items } = rights.lookup('look', table, {
      how: 'inner',
      with: (_, row) => {
        if (isBroken) throw new Error('not yet');
        return row;
      },
    });
    const { run, lake } = engineInMemory(pipeline('lookups', [items.to(told('items'))], { outOfOrderness: 0 }));
    const records = [l('a', 0), r('x', 1), l('b', 2), l('c', 3)].map((each, n) => recorded(each)(n + 1));
    expect((await run(records)).stopped).toMatch(/^step 'look' fails when step 'look' is woken/);
    isBroken = false;
    expect(await run(records)).toMatchObject({ stopped: undefined });
    expect(lake.rows('items')).toMatchObject([{ text: 'a' }]);
  });
});
