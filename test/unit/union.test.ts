import { describe, expect, it } from '@jest/globals';
import { count, minutes, pipeline, tumbling } from '../../core/pipeline/index.ts';
import { planPicture } from '../../core/pipeline/print.ts';
import { toldInEveryWay } from '../support/every-way.ts';
import { l, lefts, r, recorded, rights, told } from '../support/sides.ts';

const items = [l('a', 0), r('x', 1), l('bb', 2), l('c', 1)].map(recorded);

describe('a union', () => {
  it('has the items of streams of several types, as they come', async () => {
    const plan = pipeline('both', [lefts.union('u', [rights]).to(told('items'))]);
    expect(await toldInEveryWay(plan, items)).toEqual({
      items: ['a/u.0 a @0', 'x/u.1 x @1', 'bb/u.0 bb @2', 'c/u.0 c @1'],
    });
    expect(planPicture(plan)).toContain('  test_left --> u\n  test_right --> u\n  u --> lake_items');
  });

  it('has an item as often as it comes, each time under an id of its own', async () => {
    const short = lefts.filter('short', ({ text }) => text.length === 1);
    const loud = lefts.map('loud', (item) => ({ ...item, text: item.text.toUpperCase() }));
    const plan = pipeline('thrice', [lefts.union('u', [short, loud, loud]).to(told('items'))]);
    const found = await toldInEveryWay(plan, items.slice(2, 3));
    expect([...(found.items ?? [])].sort()).toEqual(['bb/u.0 bb @2', 'bb/u.2 BB @2', 'bb/u.3 BB @2']);
  });

  it('takes what steps with state make, and is taken by them', async () => {
    const over = tumbling(minutes(5));
    const closed = (id: string, from: typeof lefts) => from.window(id, { over, aggregate: { n: count() } }).closed;
    const all = closed('w', lefts).union('u', [closed('v', rights)]);
    const again = all.window('again', { over, aggregate: { windows: count() } }).closed;
    const plan = pipeline('windows', [
      all.map('text', ({ n }) => ({ text: `${n}` })).to(told('items')),
      again.map('text-again', ({ windows }) => ({ text: `${windows}` })).to(told('again_items')),
    ]);
    const found = await toldInEveryWay(plan, items);
    expect(found.items?.map((line) => line.replace(/^\S+/, (id) => id.split('/').at(-1) as string))).toEqual([
      'u.0 3 @5',
      'u.1 1 @5',
    ]);
    expect(found.again_items?.map((line) => line.split(' ')[1])).toEqual(['2']);
  });

  it('refuses streams that lie behind another number of rekeys', () => {
    const far = rights.rekey('far', ({ text }) => text);
    expect(() => pipeline('apart', [lefts.union('u', [far]).to(told('items'))])).toThrow(
      /step 'u': found 'test.left' behind 0 rekeys and 'far' behind 1/,
    );
  });
});
