import { describe, expect, it } from '@jest/globals';
import { Lanes, mergeLanes } from '../../core/engine/lanes.ts';

describe('lanes', () => {
  it('know what has come: of the newest slot by its index, and all of the slots before', () => {
    const lanes = new Lanes();
    lanes.add(['a', 5, 2], 10, undefined);
    lanes.add(['a', 5, 0], 10, undefined);
    const has = (slot: number, index: number, shardId = 'a') => lanes.has([shardId, slot, index]);
    expect([has(5, 0), has(5, 1), has(5, 2), has(4, 9), has(6, 0), has(5, 0, 'b')]).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
    lanes.add(['a', 7, 1], 10, undefined);
    expect([has(5, 1), has(6, 0), has(7, 0), has(7, 1)]).toEqual([true, true, false, true]);
  });

  it('leave what they are based on as it is, and tell the difference', () => {
    const base = new Lanes();
    base.set([['a', 5, [0], 10]], ['a']);
    const lanes = new Lanes(base);
    lanes.add(['a', 5, 1], 12, undefined);
    lanes.add(['a', 5, 2], 11, ['a', 'b']);
    expect(base.all).toEqual([['a', 5, [0], 10]]);
    expect(base.has(['a', 5, 1])).toBe(false);
    expect(lanes.changes).toEqual([['a', 5, [0, 1, 2], 12]]);
    expect(new Lanes(lanes).changes).toEqual([]);
    expect([base.of, lanes.of]).toEqual([['a'], ['a', 'b']]);
  });

  it('are as far in event time as the shard that is behind, of those that have had an event', () => {
    const lanes = new Lanes();
    lanes.add(['a', 1, 0], 100, undefined);
    expect(lanes.watermarkMs).toBeUndefined(); // who else there is, nobody has said
    lanes.add(['a', 1, 1], 100, ['a', 'b', 'c']);
    expect(lanes.watermarkMs).toBeUndefined(); // b and c have not been heard of
    lanes.add(['b', 1, 0], 50, undefined);
    lanes.add(['c', 1, 0], null, undefined);
    expect(lanes.watermarkMs).toBe(50);
    lanes.add(['b', 2, 0], 70, undefined);
    lanes.add(['b', 3, 0], null, undefined); // a cold beginning says nothing new
    expect(lanes.watermarkMs).toBe(70);
    lanes.add(['a', 2, 0], 101, ['a', 'c']); // b is closed
    expect(lanes.watermarkMs).toBe(101);
  });

  it('of a merged shard know what both parents knew', () => {
    const merged = mergeLanes([
      [
        ['a', 5, [0, 1], 10],
        ['b', 2, [0], null],
      ],
      [
        ['a', 5, [1, 4], 12],
        ['b', 3, [7], 5],
      ],
    ]);
    expect(merged).toEqual([
      ['a', 5, [0, 1, 4], 12],
      ['b', 3, [7], 5],
    ]);
  });
});
