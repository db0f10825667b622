import { describe, expect, it } from '@jest/globals';
import { count, minutes, pipeline, tumbling } from '../../core/pipeline/index.ts';
import { planPicture } from '../../core/pipeline/print.ts';
import { toldInEveryWay } from '../support/every-way.ts';
import { l, lefts, r, recorded, rights, told } from '../support/sides.ts';

interface Text {
  readonly text: string;
}
const both = (left: Text, right: Text) => ({ text: `${left.text}+${right.text}` });
const bound = { within: minutes(5), how: 'inner', with: both } as const;

describe('a step with two inputs', () => {
  it('is one step of the plan, behind all that comes before it, however its inputs meet', () => {
    const [a, b] = [lefts.filter('a', () => true), lefts.filter('b', () => true)];
    const { items, late } = a.join('j', b, bound);
    const again = items.join('k', rights.join('m', a, bound).items, bound);
    const plan = pipeline('twos', [again.items.to(told('k_items')), late.left.to(told('late')), a.to(told('a_items'))]);
    const ids = plan.nodes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [place, node] of plan.nodes.entries())
      for (const input of 'inputs' in node ? node.inputs : []) expect(ids.slice(0, place)).toContain(input);
    expect(planPicture(plan)).toContain('  a --> j\n  b --> j\n  j --> j_items');
  });

  it('takes an item by each way on which it comes', async () => {
    const upper = lefts.map('upper', ({ text }) => ({ text: text.toUpperCase() }));
    const short = lefts.filter('short', ({ text }) => text.length === 1);
    const { items } = upper.join('j', short, bound);
    const plan = pipeline('diamond', [items.to(told('items')), short.to(told('short_items'))]);
    const found = await toldInEveryWay(plan, [l('a', 0), l('bb', 1), l('c', 2)].map(recorded));
    expect([...(found.items ?? [])].sort()).toEqual([
      'a/j.a A+a @0',
      'a/j.c A+c @2',
      'bb/j.a BB+a @1',
      'bb/j.c BB+c @2',
      'c/j.a C+a @2',
      'c/j.c C+c @2',
    ]);
    expect(found.short_items).toEqual(['a a @0', 'c c @2']);
  });

  it('takes one stream on both sides', async () => {
    const { items, late } = lefts.join('j', lefts, bound);
    const plan = pipeline('self', [
      items.to(told('items')),
      late.left.to(told('late_l')),
      late.right.to(told('late_r')),
    ]);
    const found = await toldInEveryWay(plan, [l('a', 0), l('b', 4), l('far', 60), l('c', 1)].map(recorded));
    expect(found.items).toEqual([
      'a/j.a a+a @0',
      'b/j.a b+a @4',
      'a/j.b a+b @4',
      'b/j.b b+b @4',
      'far/j.far far+far @60',
    ]);
    expect([found.late_l, found.late_r]).toEqual([['c/j.0 c @1'], ['c/j.0 c @1']]);
  });

  it('takes what another such step makes, and two outputs of one step', async () => {
    const pairs = lefts.join('j', rights, bound).items;
    const triples = pairs.join('k', rights, bound).items;
    const { closed, updates } = lefts.window('w', { over: tumbling(minutes(5)), aggregate: { n: count() } });
    const texts = updates.map('text', ({ n }) => ({ text: `${n}` }));
    const counts = closed.join('m', texts, {
      ...bound,
      with: ({ n }, { text }) => ({ text: `${n} after ${text}` }),
    }).items;
    const plan = pipeline('nested', [triples.to(told('triples')), counts.to(told('counts'))]);
    const found = await toldInEveryWay(plan, [l('a', 0), r('x', 1), r('y', 2), l('b', 20)].map(recorded));
    expect([...(found.triples ?? [])].sort()).toEqual([
      'a/j.x/k.x a+x+x @1',
      'a/j.x/k.y a+x+y @2',
      'a/j.y/k.x a+y+x @2',
      'a/j.y/k.y a+y+y @2',
    ]);
    expect(found.counts?.map((line) => line.split(' ').slice(1).join(' '))).toEqual(['1 after 1 @5', '1 after 1 @25']);
  });
});
