import { describe, expect, it } from '@jest/globals';
import { Lanes, mergeLanes } from '../../core/engine/lanes.ts';
import { BEFORE_ALL_MS, type Hop, type Hopped } from '../../core/event/control.ts';

const hopped = (from: Hop, watermarkMs: number | null, clockMs = 1_000): Hopped => ({ from, watermarkMs, clockMs });

describe('lanes', () => {
  it('know what has come: of the newest slot by its index, and all of the slots before', () => {
    const lanes = new Lanes();
    lanes.add(hopped(['a', 5, 2], 10), undefined);
    lanes.add(hopped(['a', 5, 0], 10), undefined);
    const has = (slot: number, index: number, shardId = 'a') => lanes.has([shardId, slot, index]);
    expect([has(5, 0), has(5, 1), has(5, 2), has(4, 9), has(6, 0), has(5, 0, 'b')]).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
    lanes.add(hopped(['a', 7, 1], 10), undefined);
    expect([has(5, 1), has(6, 0), has(7, 0), has(7, 1)]).toEqual([true, true, false, true]);
  });

  it('leave what they are based on as it is, and tell the difference', () => {
    const base = new Lanes();
    base.set([['a', 5, [0], 10, 1_000]], ['a']);
    const lanes = new Lanes(base);
    lanes.add(hopped(['a', 5, 1], 12), undefined);
    lanes.add(hopped(['a', 5, 2], 11), ['a', 'b']);
    expect(base.all).toEqual([['a', 5, [0], 10, 1_000]]);
    expect(base.has(['a', 5, 1])).toBe(false);
    expect(lanes.changes).toEqual([['a', 5, [0, 1, 2], 12, 1_000]]);
    expect(new Lanes(lanes).changes).toEqual([]);
    expect([base.of, lanes.of]).toEqual([['a'], ['a', 'b']]);
  });

  it('are as far in event time as the shard that is behind', () => {
    const lanes = new Lanes();
    lanes.add(hopped(['a', 1, 0], 100), undefined);
    expect(lanes.watermarkMs).toBeUndefined(); // who else there is, nobody has said
    lanes.add(hopped(['a', 1, 1], 100), ['a', 'b']);
    expect(lanes.watermarkMs).toBeUndefined(); // b has not been heard of
    lanes.add(hopped(['b', 1, 0], 50), undefined);
    expect(lanes.watermarkMs).toBe(50);
    lanes.add(hopped(['b', 2, 0], 70), undefined);
    lanes.add(hopped(['b', 3, 0], null, 0), undefined); // a cold beginning says nothing new
    expect(lanes.watermarkMs).toBe(70);
    lanes.add(hopped(['a', 2, 0], 101), ['a', 'c']); // b is closed
    expect(lanes.watermarkMs).toBeUndefined();
    lanes.add(hopped(['c', 1, 0], BEFORE_ALL_MS), undefined); // it has its first event
    expect(lanes.watermarkMs).toBeUndefined();
    lanes.add(hopped(['c', 2, 0], 105), undefined);
    expect(lanes.watermarkMs).toBe(101);
  });

  it('hold event time back for a shard without an event: at its clock, less what the others lag behind', () => {
    const lanes = new Lanes();
    lanes.add(hopped(['c', 1, 0], null, 1_000), ['a', 'b', 'c']);
    lanes.add(hopped(['a', 1, 0], 970, 1_000), undefined);
    lanes.add(hopped(['b', 1, 0], 980, 1_000), undefined);
    expect(lanes.watermarkMs).toBe(970);
    lanes.add(hopped(['a', 2, 0], 1_070, 1_100), undefined);
    lanes.add(hopped(['b', 2, 0], 1_060, 1_100), undefined);
    expect(lanes.watermarkMs).toBe(960); // as c's first event could be from then
    lanes.add(hopped(['c', 2, 0], null, 1_200), undefined);
    expect(lanes.watermarkMs).toBe(1_060);
    const empty = new Lanes();
    empty.add(hopped(['c', 1, 0], null, 1_000), ['c']);
    expect(empty.watermarkMs).toBeUndefined();
  });

  it('of a merged shard know what both parents knew', () => {
    const merged = mergeLanes([
      [
        ['a', 5, [0, 1], 10, 20],
        ['b', 2, [0], null, 21],
      ],
      [
        ['a', 5, [1, 4], 12, 22],
        ['b', 3, [7], 5, 19],
      ],
    ]);
    expect(merged).toEqual([
      ['a', 5, [0, 1, 4], 12, 22],
      ['b', 3, [7], 5, 21],
    ]);
  });
});
