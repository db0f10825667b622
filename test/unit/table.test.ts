import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { changeSchema, event } from '../../core/event/index.ts';
import { MAX_STATE_CHARS } from '../../core/event/json.ts';
import { from, minutes, pipeline, type TableChange } from '../../core/pipeline/index.ts';
import { compareText } from '../../core/pipeline/version.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { anyShares, anySizes, arriving, START, timeAt, toldInEveryWay, toldOf } from '../support/every-way.ts';
import { type Happening, l, lefts, recorded, rights, told } from '../support/sides.ts';

const OUT_OF_ORDERNESS = 10;

interface Lives {
  readonly ttl?: number;
  readonly grace?: number;
}

interface Value {
  readonly text: string;
}

const textOf = ({ op, before, after }: TableChange<Value>) => ({
  text: `${op} ${before?.text ?? ''}>${after?.text ?? ''}`,
});

/** Items are rows, but `gone` deletes the row and `nothing` does nothing. */
const rowOf = ({ text }: Value) => {
  if (text === 'nothing') return undefined;
  return text === 'gone' ? 'delete' : { upsert: { text } };
};

const planOf = ({ ttl, grace }: Lives) => {
  const lives = { ...(ttl !== undefined && { ttl }), ...(grace !== undefined && { grace }) };
  const table = lefts.table('t', { change: rowOf, ...lives });
  return pipeline('tables', [table.changes.map('text', textOf).to(told('changes')), table.late.to(told('late'))], {
    outOfOrderness: minutes(OUT_OF_ORDERNESS),
  });
};

const u = (id: string, minute: number, text = id, key = 'k'): Happening => l(id, minute, { text, key });
const gone = (id: string, minute: number) => u(id, minute, 'gone');

interface Case extends Lives {
  readonly name: string;
  readonly items: readonly Happening[];
  readonly changes: readonly string[];
  readonly late?: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'nothing', items: [], changes: [] },
  { name: 'one row', items: [u('a', 0)], changes: ['a/t.0 insert >a @0'] },
  {
    name: 'changes, one after the other',
    items: [u('a', 0), u('b', 1), gone('c', 2), u('d', 3)],
    changes: ['a/t.0 insert >a @0', 'b/t.0 update a>b @1', 'c/t.0 delete b> @2', 'd/t.0 insert >d @3'],
  },
  {
    name: 'changes that change nothing',
    items: [gone('a', 0), u('b', 1, 'row'), u('c', 2, 'row'), u('d', 3, 'nothing'), u('e', 4, 'nothing', 'other')],
    changes: ['b/t.0 insert >row @1'],
  },
  {
    name: 'older changes that arrive later',
    items: [u('a', 5), u('b', 3), u('c', 6), gone('d', 4)],
    changes: ['a/t.0 insert >a @5', 'c/t.0 update a>c @6'],
  },
  {
    name: 'a row from before its deletion',
    items: [gone('a', 5), u('b', 4), u('c', 5 + 1 / 60_000)],
    changes: ['c/t.0 insert >c @5'],
  },
  {
    name: 'changes of one millisecond, which the numbers in their ids put in order',
    items: [u('log/10', 0), u('log/9', 0), u('log/11', 0)],
    changes: ['log/10/t.0 insert >log/10 @0', 'log/11/t.0 update log/10>log/11 @0'],
  },
  {
    name: 'a row for each key',
    items: [u('a', 0, 'a', 'é/日本'), u('b', 0, 'b', 'e\u0301/日本'), u('c', 1, '𝒳', 'é/日本')],
    changes: ['a/t.0 insert >a @0', 'b/t.0 insert >b @0', 'c/t.0 update a>𝒳 @1'],
  },
  {
    name: 'a change behind event time, as long as it is the latest',
    items: [u('a', 0), u('far', 100, 'far', 'other'), u('b', 1), u('c', 0.5)],
    changes: ['a/t.0 insert >a @0', 'far/t.0 insert >far @100', 'b/t.0 update a>b @1'],
  },
  {
    name: 'a row behind event time, while a deletion after it would be known',
    grace: minutes(20),
    items: [u('far', 100, 'far', 'other'), u('a', 70), u('b', 70 - 1 / 60_000, 'b', 'second')],
    changes: ['far/t.0 insert >far @100', 'a/t.0 insert >a @70'],
    late: ['b/t.0 b @70'],
  },
  {
    name: 'a deletion until its grace is over',
    grace: minutes(20),
    items: [u('a', 0), gone('b', 1), u('far', 31, 'far', 'other'), u('c', 0.5), u('d', 31, 'd', 'third'), u('e', 0.6)],
    changes: ['a/t.0 insert >a @0', 'b/t.0 delete a> @1', 'far/t.0 insert >far @31', 'd/t.0 insert >d @31'],
  },
  {
    name: 'a deletion whose grace is over',
    grace: minutes(20),
    items: [u('a', 0), gone('b', 1), u('far', 32, 'far', 'other'), u('c', 0.5), u('d', 2)],
    changes: ['a/t.0 insert >a @0', 'b/t.0 delete a> @1', 'far/t.0 insert >far @32', 'd/t.0 insert >d @2'],
    late: ['c/t.0 c @0.5'],
  },
  {
    name: 'a row that nothing changes for long',
    ttl: minutes(30),
    items: [u('a', 0), u('b', 20), u('far', 60, 'far', 'other'), u('c', 70)],
    changes: [
      'a/t.0 insert >a @0',
      'b/t.0 update a>b @20',
      'far/t.0 insert >far @60',
      `t/${START + minutes(50)}/k.0 delete b> @50`,
      'c/t.0 insert >c @70',
      `t/${START + minutes(90)}/other.0 delete far> @90`,
      `t/${START + minutes(100)}/k.0 delete c> @100`,
    ],
  },
  {
    name: 'huge values',
    items: [u('a', 0, 'x'.repeat(60_000))],
    changes: [`a/t.0 insert >${'x'.repeat(60_000)} @0`],
  },
];

describe('a table', () => {
  it.each(cases)('takes $name', async ({ items, changes, late = [], ...lives }) => {
    const found = await toldInEveryWay(planOf(lives), items.map(recorded));
    expect(found.changes).toEqual(changes);
    expect(found.late).toEqual(late);
  });

  it('comes to the latest change of each key, in whatever order and batches, warm or cold', async () => {
    const happening = fc.record({
      key: fc.constantFrom('ada', 'bob', 'é/日本'),
      minute: fc.integer({ min: 0, max: 40 }),
      text: fc.constantFrom('one', 'two', 'gone', 'nothing'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 30 }),
        anyShares,
        anySizes,
        fc.boolean(),
        async (made, shares, batches, cold) => {
          const items = made.map((each, n): Happening => ({ ...each, side: 'left', id: `e${n}` }));
          const rows = new Map<string, string>();
          for (const { key, text, id } of [...items].sort((a, b) => a.minute - b.minute)) {
            if (text === 'gone') rows.delete(key as string);
            else if (text !== 'nothing') rows.set(key as string, `${text} of ${id}`);
          }
          const told = items.map(
            (each) =>
              ({
                ...each,
                text:
                  rowOf(each as Value) === 'delete' || each.text === 'nothing'
                    ? each.text
                    : `${each.text} of ${each.id}`,
              }) as Happening,
          );
          const found = await toldOf(
            planOf({ grace: 0 }),
            arriving(told, OUT_OF_ORDERNESS, shares).map(recorded),
            batches,
            cold,
          );
          const keyOf = new Map(items.map(({ id, key }) => [id, key as string]));
          const last = new Map<string, string>();
          for (const line of found.changes ?? []) {
            const [, id = '', after = ''] = /^(e\d+)\/t\.0 \w+ .*>(.*) @/.exec(line) ?? [];
            last.set(keyOf.get(id) as string, after);
          }
          expect(new Map([...last].filter(([, after]) => after !== ''))).toEqual(rows);
          expect(found.late).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('forgets a deletion once it is of no use, and a row when it is deleted', async () => {
    const { run, state } = engineInMemory(planOf({ ttl: minutes(30), grace: minutes(20) }));
    const cell = async () => (await state()).cellOf('t/k')?.state;
    const at = (minute: number, n: number) => run([recorded(u(`far${n}`, minute, 'far', 'other'))(n)]);
    await run([recorded(u('a', 0))(1)]);
    expect(await cell()).toEqual([START, timeAt(0), 'a', '/test', { text: 'a' }]);
    await at(39.99, 2);
    expect(await cell()).toBeDefined();
    await at(40, 3);
    expect(await cell()).toEqual([START + minutes(30), '', '', '']);
    await at(60, 4);
    expect(await cell()).toBeDefined();
    await at(60 + 1 / 60_000, 5);
    expect(await cell()).toBeUndefined();
  });

  it('takes change records as they are, with the digits of their time below the millisecond', async () => {
    const schema = changeSchema(z.object({ total: z.number() }));
    const Changed = event('order.changed', { version: 1, key: 'key', time: 'at', schema });
    const { changes } = from(Changed).table('orders', {});
    const text = ({ op, after }: TableChange<{ total: number }>) => ({ text: `${op} ${after?.total}` });
    const plan = pipeline('orders', [changes.map('text', text).to(told('changes'))]);
    const change = (id: string, micros: string, op: string, total?: number) => (n: number) => {
      const at = `2026-11-21T10:00:00.000${micros}Z`;
      const data = { op, at, table: 'orders', key: 'k', before: { total: 0 }, after: total && { total } };
      return recordAt(n, { specversion: '1.0', id, source: '/test', type: Changed.type, data }, START, 'k');
    };
    const found = await toldInEveryWay(plan, [
      change('z', '100', 'insert', 1),
      change('a', '300', 'update', 3),
      change('y', '200', 'update', 2),
      change('b', '400', 'delete'),
      change('x', '350', 'update', 4),
    ]);
    expect(found.changes).toEqual([
      'z/orders.0 insert 1 @0',
      'a/orders.0 update 3 @0',
      'b/orders.0 delete undefined @0',
    ]);
  });

  it('goes by the order it is told, among changes of one millisecond', async () => {
    const table = lefts.table('t', { change: rowOf, order: ({ text }) => text });
    const plan = pipeline('tables', [table.changes.map('text', textOf).to(told('changes'))]);
    const found = await toldInEveryWay(plan, [u('b', 0, 'v10'), u('c', 0, 'v9'), u('a', 0, 'v11')].map(recorded));
    expect(found.changes).toEqual(['b/t.0 insert >v10 @0', 'a/t.0 update v10>v11 @0']);
  });

  it.each([
    ['too large', { text: 'x'.repeat(MAX_STATE_CHARS) }, /found \d+ characters of JSON; expected at most \d+/],
    ['missing', undefined, /step 't': found no value to upsert; expected one, or 'delete'/],
    ['no JSON', new Date(0), /found a Date; expected what JSON can hold/],
  ])('parks a record whose value is %s', async (_, value, found) => {
    const { changes } = lefts.table('t', { change: () => ({ upsert: value }) });
    const { run, state } = engineInMemory(pipeline('tables', [changes.to(told('changes') as never)]));
    expect(await run([recorded(u('a', 0))(1)])).toMatchObject({ parked: 1 });
    expect((await state()).lot.keys.get('k')?.failure.found).toMatch(found);
  });
});

describe('a join of tables', () => {
  const outputs = (how: 'inner' | 'left' | 'full', isSelf = false) => {
    const left = lefts.table('left', { change: rowOf });
    const right = isSelf ? left : rights.table('right', { change: rowOf });
    const joined = left.join('j', right, {
      how,
      with: (a, b) => ({ text: `${a?.text ?? '-'}+${b?.text ?? '-'}` }),
    });
    return pipeline('tables', [joined.changes.map('text', textOf).to(told('changes'))], {
      outOfOrderness: minutes(OUT_OF_ORDERNESS),
    });
  };
  const v = (id: string, minute: number, text = id, key = 'k'): Happening => ({
    ...u(id, minute, text, key),
    side: 'right',
  });

  it.each([
    ['nothing', [], { inner: [], left: [], full: [] }],
    [
      'a left row',
      [u('a', 0)],
      { inner: [], left: ['a/left.0/j.0 insert >a+- @0'], full: ['a/left.0/j.0 insert >a+- @0'] },
    ],
    ['a right row', [v('b', 0)], { inner: [], left: [], full: ['b/right.0/j.1 insert >-+b @0'] }],
    [
      'changes of both',
      [u('a', 0), v('b', 1), u('c', 2), v('d', 3, 'gone'), u('e', 4, 'gone')],
      {
        inner: ['b/right.0/j.1 insert >a+b @1', 'c/left.0/j.0 update a+b>c+b @2', 'd/right.0/j.1 delete c+b> @3'],
        left: [
          'a/left.0/j.0 insert >a+- @0',
          'b/right.0/j.1 update a+->a+b @1',
          'c/left.0/j.0 update a+b>c+b @2',
          'd/right.0/j.1 update c+b>c+- @3',
          'e/left.0/j.0 delete c+-> @4',
        ],
        full: [
          'a/left.0/j.0 insert >a+- @0',
          'b/right.0/j.1 update a+->a+b @1',
          'c/left.0/j.0 update a+b>c+b @2',
          'd/right.0/j.1 update c+b>c+- @3',
          'e/left.0/j.0 delete c+-> @4',
        ],
      },
    ],
    [
      'older changes that arrive later, and keys of their own',
      [u('a', 5), v('b', 5, 'b', 'é'), u('c', 3), v('d', 4), v('e', 3)],
      {
        inner: ['d/right.0/j.1 insert >a+d @4'],
        left: ['a/left.0/j.0 insert >a+- @5', 'd/right.0/j.1 update a+->a+d @4'],
        full: ['a/left.0/j.0 insert >a+- @5', 'b/right.0/j.1 insert >-+b @5', 'd/right.0/j.1 update a+->a+d @4'],
      },
    ],
  ] as const)('takes %s', async (_, items, expected) => {
    for (const how of ['inner', 'left', 'full'] as const) {
      const found = await toldInEveryWay(outputs(how), items.map(recorded));
      expect([how, found.changes]).toEqual([how, expected[how]]);
    }
  });

  it('can be of a table with itself, and goes on from there', async () => {
    const found = await toldInEveryWay(outputs('inner', true), [u('a', 0), u('b', 1), u('c', 2, 'gone')].map(recorded));
    expect(found.changes).toEqual([
      'a/left.0/j.1 insert >a+a @0',
      'b/left.0/j.0 update a+a>b+a @1',
      'b/left.0/j.1 update b+a>b+b @1',
      'c/left.0/j.0 delete b+b> @2',
    ]);
    const once = lefts.table('left', { change: rowOf });
    const twice = once.join('twice', once, { how: 'inner', with: (a, b) => ({ text: a.text + b.text }) });
    const thrice = twice.join('thrice', once, { how: 'full', with: (a, b) => ({ text: `${a?.text}${b?.text}` }) });
    const plan = pipeline('tables', [thrice.changes.map('text', textOf).to(told('changes'))]);
    const { changes = [] } = await toldInEveryWay(plan, [u('a', 0), u('b', 1)].map(recorded));
    expect(changes[changes.length - 1]).toMatch(/>bbb @1$/);
    expect(new Set(changes.map((line) => line.split(' ')[0])).size).toBe(changes.length);
  });

  it('forgets a key whose rows are gone, also by their time to live', async () => {
    const [left, right] = [lefts, rights].map((each, n) => each.table(`t${n}`, { change: rowOf, ttl: minutes(n + 1) }));
    if (!left || !right) throw new Error('no tables');
    const joined = left.join('j', right, { how: 'full', with: (a, b) => ({ text: `${a?.text}+${b?.text}` }) });
    const plan = pipeline('tables', [joined.changes.map('text', textOf).to(told('changes'))]);
    const found = await toldOf(plan, [u('a', 0), v('b', 0)].map(recorded));
    expect(found.changes?.slice(2)).toEqual([
      `t0/${START + minutes(1)}/k.0/j.0 update a+b>undefined+b @1`,
      `t1/${START + minutes(2)}/k.0/j.1 delete undefined+b> @2`,
    ]);
    const { run, state } = engineInMemory(plan);
    await run([recorded(u('a', 0))(1), recorded(v('b', 0))(2)]);
    expect((await state()).cellOf('j/k')?.state).toEqual({ left: { text: 'a' }, right: { text: 'b' } });
    await run([recorded(u('far', 3, 'far', 'other'))(3)]);
    expect((await state()).cellOf('j/k')).toBeUndefined();
  });

  it('comes to the join of the latest rows, in whatever order and batches, warm or cold', async () => {
    const happening = fc.record({
      side: fc.constantFrom('left', 'right'),
      key: fc.constantFrom('ada', 'bob', 'é/日本'),
      minute: fc.integer({ min: 0, max: 30 }),
      text: fc.constantFrom('one', 'two', 'three', 'gone'),
    });
    const how = fc.constantFrom('inner', 'left', 'full');
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 30 }),
        anyShares,
        anySizes,
        how,
        fc.boolean(),
        async (made, shares, batches, kind, cold) => {
          const items = made.map((each, n) => ({ ...each, id: `e${n}` }) as Happening);
          const rows = { left: new Map<string, string>(), right: new Map<string, string>() };
          for (const { side, key = '', text = '' } of [...items].sort((a, b) => a.minute - b.minute)) {
            if (text === 'gone') rows[side].delete(key);
            else rows[side].set(key, text);
          }
          const expected = new Map<string, string>();
          for (const key of ['ada', 'bob', 'é/日本']) {
            const [left, right] = [rows.left.get(key), rows.right.get(key)];
            const has = kind === 'inner' ? left && right : kind === 'left' ? left : (left ?? right);
            if (has) expected.set(key, `${left ?? '-'}+${right ?? '-'}`);
          }
          const found = await toldOf(
            outputs(kind as 'inner'),
            arriving(items, OUT_OF_ORDERNESS, shares).map(recorded),
            batches,
            cold,
          );
          const keyOf = new Map(items.map(({ id, key }) => [id, key as string]));
          const last = new Map<string, string>();
          for (const line of found.changes ?? []) {
            const [, id = '', after = ''] = /^(e\d+)\/.* \w+ .*>(.*) @/.exec(line) ?? [];
            last.set(keyOf.get(id) as string, after);
          }
          expect(new Map([...last].filter(([, after]) => after !== ''))).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('texts with numbers', () => {
  it.each([
    ['9', '10'],
    ['log.9/2', 'log.10/1'],
    ['a', 'b'],
    ['a', 'a1'],
    ['a2', 'ab'],
    ['', '0'],
    ['09', '10'],
    ['1/09', '1/9'],
    ['99999999999999999998', '99999999999999999999'],
    ['000100', '000200'],
  ])('are in order: %j before %j', (first, second) => {
    expect([compareText(first, second) < 0, compareText(second, first) > 0]).toEqual([true, true]);
  });

  it('have one order', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', '/') });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(Math.sign(compareText(a, b))).toBe(-Math.sign(compareText(b, a)) + 0);
        expect(compareText(a, b) === 0).toBe(a === b);
        if (compareText(a, b) <= 0 && compareText(b, c) <= 0) expect(compareText(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
