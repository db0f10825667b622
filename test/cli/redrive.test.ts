import { describe, expect, it } from '@jest/globals';
import { CliError } from '../../cli/errors.ts';
import { readParkedKeys } from '../../cli/parked-keys.ts';

import { type RedriveRequest, redrivePipelines, refuseLeft } from '../../cli/redrive-pipelines.ts';
import type { Placed } from '../../cli/taken.ts';
import { hashOf } from '../../core/engine/hash-range.ts';
import { SHARD } from '../support/engine.ts';
import { ParkingStage } from '../support/parking-stage.ts';

const SINCE = '2026-11-21T12:00:00.000Z';
const FAILURE = { since: SINCE, step: 'check', found: 'RangeError: no order of 13' };
const FREE = { outcome: 'free', records: 0, since: null, step: null, found: null, shard: null };

/** Keys that stay together or come apart when the stream's only shard is split. */
const LOW = 'low';
const HIGH = 'high';

const redrive = (stage: ParkingStage, request: Partial<RedriveRequest> = {}) =>
  redrivePipelines([stage.pipeline], {
    key: undefined,
    dryRun: false,
    timeoutSeconds: 300,
    onProgress: () => {},
    ...request,
  });

const listed = (stage: ParkingStage) => redrive(stage, { dryRun: true });

/** A stage on which a step has thrown for each of the keys, `count` orders waiting for each; its code is mended since. */
async function parked(keys: readonly string[], count = 1, stage = new ParkingStage()): Promise<ParkingStage> {
  stage.broken.add(13);
  for (const key of keys) {
    stage.order(key, 13);
    for (let i = 1; i < count; i++) stage.order(key, 1_000 + i);
  }
  await stage.process();
  stage.broken.clear();
  return stage;
}

const puts = (stage: ParkingStage) => stage.asked.flat();

describe('redrive', () => {
  it('lists in a dry run what is parked, and changes nothing', async () => {
    const stage = await parked(['ada', 'bob'], 3);
    const before = await stage.logs.read(SHARD);
    expect(await listed(stage)).toEqual([
      { pipeline: 'shop', key: 'ada', outcome: 'parked', redriven: 0, records: 3, ...FAILURE, shard: SHARD },
      { pipeline: 'shop', key: 'bob', outcome: 'parked', redriven: 0, records: 3, ...FAILURE, shard: SHARD },
    ]);
    await stage.process();
    expect((await stage.logs.read(SHARD))?.slot).toBe(before?.slot);
    expect(puts(stage)).toEqual([]);
  });

  it('takes a key through in its order and leaves the others', async () => {
    const stage = await parked(['ada', 'bob'], 3);
    const rows = await redrive(stage, { key: 'ada' });
    expect(rows).toEqual([{ pipeline: 'shop', key: 'ada', redriven: 3, ...FREE }]);
    expect(stage.amounts('ada')).toEqual([13, 1_001, 1_002]);
    expect(puts(stage)).toEqual([{ key: 'ada', hashKey: undefined, shardId: SHARD }]);
    expect((await listed(stage)).map(({ key }) => key)).toEqual(['bob']);
  });

  it('goes on while a key has more records than one redrive takes', async () => {
    const stage = await parked(['ada'], 2_500);
    const progress: (readonly [number, number])[] = [];
    const onProgress = (_: string, redriven: number, left: number) => progress.push([redriven, left]);
    expect(await redrive(stage, { onProgress })).toEqual([{ pipeline: 'shop', key: 'ada', redriven: 2_500, ...FREE }]);
    expect(puts(stage)).toHaveLength(3);
    expect(stage.amounts('ada')).toEqual([13, ...Array.from({ length: 2_499 }, (_, i) => 1_001 + i)]);
    expect(progress).toEqual([
      [0, 1],
      [1_000, 1],
      [2_000, 1],
      [2_500, 0],
    ]);
  });

  it('goes on with a key to which records come meanwhile', async () => {
    const stage = await parked(['ada'], 1_500);
    stage.onSleep = () => {
      if (stage.asked.length < 3) for (let i = 0; i < 1_000; i++) stage.order('ada', 5_000);
    };
    const [row] = await redrive(stage);
    expect(row).toMatchObject({ key: 'ada', outcome: 'free', records: 0 });
    expect(stage.amounts('ada').length).toBe(3_500);
  });

  it('gives a key up whose first record throws again', async () => {
    const stage = await parked(['ada', 'bob'], 3);
    stage.broken.add(13);
    stage.order('bob', 7);
    expect(await redrive(stage, { key: 'bob' })).toEqual([
      { pipeline: 'shop', key: 'bob', outcome: 'parked', redriven: 0, records: 4, ...FAILURE, shard: SHARD },
    ]);
    expect(puts(stage)).toHaveLength(1);
  });

  it('tells how far a key came, and what the step throws now', async () => {
    const stage = await parked(['ada'], 5);
    stage.broken.add(1_003);
    const found = 'RangeError: no order of 1003';
    expect(await redrive(stage)).toMatchObject([{ outcome: 'parked', redriven: 3, records: 2, found }]);
    expect(stage.amounts('ada')).toEqual([13, 1_001, 1_002]);
  });

  it('succeeds only when every key is free', async () => {
    const stage = await parked(['ada', 'bob'], 2);
    stage.broken.add(1_001);
    stage.order('cy', 1_001);
    await stage.process();
    const rows = await redrive(stage);
    expect(rows.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['ada', 'parked'],
      ['bob', 'parked'],
      ['cy', 'parked'],
    ]);
    expect(() => refuseLeft(rows, 1)).toThrow('still parked: 3 of 3 keys, since a step threw again');
    stage.broken.clear();
    expect(() => refuseLeft([], 1)).not.toThrow();
    const freed = await redrive(stage);
    expect(() => refuseLeft(freed, 1)).not.toThrow();
    expect(() => refuseLeft([...freed, ...rows.slice(0, 1)], 1)).toThrow('still parked: 1 of 4 keys');
  });

  it('asks a shard for no more records at a time than one redrive takes', async () => {
    const keys = Array.from({ length: 2_300 }, (_, i) => `key-${i}`);
    const many = await parked(keys);
    expect((await redrive(many)).every(({ outcome }) => outcome === 'free')).toBe(true);
    expect(many.asked.map((round) => round.length).filter((count) => count > 0)).toEqual([1_000, 1_000, 300]);
    const few = await parked(keys.slice(0, 5), 700);
    expect((await redrive(few)).every(({ outcome, redriven }) => outcome === 'free' && redriven === 700)).toBe(true);
    expect(few.asked.map((round) => round.length).filter((count) => count > 0)).toEqual([2, 2, 1]);
  });

  it('says when nothing is parked under the key', async () => {
    const stage = await parked(['ada']);
    await expect(redrive(stage, { key: 'nobody' })).rejects.toThrow(CliError);
    await expect(redrive(stage, { key: 'no\nbody', dryRun: true })).rejects.toThrow(
      'nothing is parked under the key "no\\nbody" in shop: `millrace redrive --dry-run` lists the keys',
    );
    expect(puts(stage)).toEqual([]);
  });

  it('finds nothing where nothing is parked', async () => {
    const stage = new ParkingStage();
    const told: string[] = [];
    const onProgress = (pipeline: string) => told.push(pipeline);
    expect(await redrive(stage, { onProgress })).toEqual([]);
    stage.order('ada', 1);
    await stage.process();
    expect(await redrive(stage, { onProgress })).toEqual([]);
    expect([stage.asked, told]).toEqual([[[]], []]);
  });

  it('waits for the last of what it asked, in whatever order the stream took it', async () => {
    const stage = await parked(['ada', 'bob']);
    Object.assign(stage, { batch: 1, batches: 1 });
    const { ports } = stage.pipeline;
    const placed = new Map<string, Placed>();
    const put = async (key: string) => {
      for (const each of placed.size === 0 ? ['bob', 'ada'] : []) placed.set(each, await ports.put(each, undefined));
      return placed.get(key) as Placed;
    };
    const request = { key: undefined, dryRun: false, timeoutSeconds: 300, onProgress: () => {} };
    const rows = await redrivePipelines([{ name: 'shop', ports: { ...ports, put } }], request);
    expect(rows.map(({ key, outcome }) => [key, outcome])).toEqual([
      ['ada', 'free'],
      ['bob', 'free'],
    ]);
  });
});

describe('redrive of a pipeline at a standstill', () => {
  it('ends after the timeout, and what was asked is done later', async () => {
    const stage = await parked(['ada'], 2);
    stage.stopped.add(SHARD);
    const startedMs = stage.nowMs;
    const rows = await redrive(stage, { timeoutSeconds: 20 });
    expect(rows).toMatchObject([{ key: 'ada', outcome: 'pending', redriven: 0, records: 2, found: FAILURE.found }]);
    expect(stage.nowMs - startedMs).toBe(20_000);
    expect(puts(stage)).toHaveLength(1);
    expect(() => refuseLeft(rows, 20)).toThrow(/^not reached within 20 s: 1 of 1 keys; see by `millrace status`/);
    stage.stopped.clear();
    await stage.process();
    expect(await listed(stage)).toEqual([]);
  });

  it('waits for a shard that cannot begin yet', async () => {
    const stage = await parked([LOW]);
    stage.order(LOW, 5);
    stage.stopped.add(SHARD);
    stage.split(SHARD);
    expect(await redrive(stage, { timeoutSeconds: 20 })).toMatchObject([
      { outcome: 'pending', records: 1, shard: SHARD },
    ]);
    stage.stopped.clear();
    expect(await redrive(stage)).toMatchObject([{ outcome: 'free', redriven: 1 }]);
    expect(stage.amounts(LOW)).toEqual([13, 5]);
  });

  it('waits for each child of a closed shard', async () => {
    const stage = await parked([LOW, HIGH]);
    stage.split(SHARD);
    stage.stopped.add(`${SHARD}1`);
    expect(await redrive(stage, { timeoutSeconds: 20 })).toMatchObject([
      { key: LOW, outcome: 'free', redriven: 1 },
      { key: HIGH, outcome: 'pending', redriven: 0, shard: `${SHARD}1` },
    ]);
  });

  it('waits once for a shard, however many keys it has, and frees those of the others', async () => {
    const stage = new ParkingStage();
    stage.split(SHARD);
    stage.broken.add(13);
    const keys = Array.from({ length: 12 }, (_, i) => `key-${i}`);
    for (const key of keys) for (let i = 0; i < 600; i++) stage.order(key, 13);
    await stage.process();
    stage.broken.clear();
    stage.stopped.add(`${SHARD}1`);
    const startedMs = stage.nowMs;
    const rows = await redrive(stage, { timeoutSeconds: 20 });
    for (const { key, outcome, redriven } of rows) {
      const isStopped = stage.stopped.has(stage.shardOf(hashOf(key)).shardId);
      expect({ key, outcome, redriven }).toEqual(
        isStopped ? { key, outcome: 'pending', redriven: 0 } : { key, outcome: 'free', redriven: 600 },
      );
    }
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['free', 'pending']));
    expect(stage.nowMs - startedMs).toBeLessThan(30_000);
  });
});

describe('redrive of a part behind a hop', () => {
  const behindHop = () => parked([LOW, HIGH], 3, new ParkingStage({ isBehindHop: true }));

  it('takes the items of a key through, in their order, under the key they have there', async () => {
    const stage = await behindHop();
    expect(await listed(stage)).toEqual([
      { pipeline: 'shop-hop-1', key: LOW, outcome: 'parked', redriven: 0, records: 3, ...FAILURE, shard: SHARD },
      { pipeline: 'shop-hop-1', key: HIGH, outcome: 'parked', redriven: 0, records: 3, ...FAILURE, shard: SHARD },
    ]);
    stage.order(LOW, 7); // waits behind the others
    expect(await redrive(stage, { key: LOW })).toEqual([{ pipeline: 'shop-hop-1', key: LOW, redriven: 3, ...FREE }]);
    stage.order(LOW, 8);
    await stage.process();
    expect(stage.amounts(LOW)).toEqual([13, 1_001, 1_002, 7, 8]);
    expect((await listed(stage)).map(({ key, records }) => [key, records])).toEqual([[HIGH, 3]]);
  });

  it('finds them in the children of a shard, and frees none that throws again', async () => {
    const stage = await behindHop();
    stage.split(SHARD);
    stage.broken.add(1_002);
    expect(await redrive(stage)).toMatchObject([
      { key: LOW, outcome: 'parked', redriven: 2, records: 1, shard: `${SHARD}0` },
      { key: HIGH, outcome: 'parked', redriven: 2, records: 1, shard: `${SHARD}1` },
    ]);
    stage.broken.clear();
    expect((await redrive(stage)).map(({ outcome }) => outcome)).toEqual(['free', 'free']);
    expect([stage.amounts(LOW), stage.amounts(HIGH)]).toEqual([
      [13, 1_001, 1_002],
      [13, 1_001, 1_002],
    ]);
  });
});

describe('redrive over a reshard', () => {
  it('knows on which side its keys are', () => {
    expect([LOW, HIGH].map((key) => hashOf(key) < '8')).toEqual([true, false]);
  });

  it('takes keys of a closed shard through in its children', async () => {
    const stage = await parked([LOW, HIGH], 2);
    stage.split(SHARD);
    expect((await listed(stage)).map(({ key, shard }) => [key, shard])).toEqual([
      [LOW, SHARD],
      [HIGH, SHARD],
    ]);
    expect(await redrive(stage)).toMatchObject([
      { key: LOW, outcome: 'free', redriven: 2 },
      { key: HIGH, outcome: 'free', redriven: 2 },
    ]);
    expect(puts(stage).map(({ shardId }) => shardId)).toEqual([`${SHARD}0`, `${SHARD}1`]);
  });

  it('finds the keys of a child that has not begun, though its parent is sealed', async () => {
    const stage = await parked([LOW, HIGH], 2);
    stage.split(SHARD);
    stage.order(HIGH, 5);
    await stage.process();
    expect((await stage.logs.read(SHARD))?.isSealed).toBe(true);
    expect(await listed(stage)).toMatchObject([
      { key: LOW, records: 2, ...FAILURE, shard: `${SHARD}0` },
      { key: HIGH, records: 3, ...FAILURE, shard: `${SHARD}1` },
    ]);
    expect(await redrive(stage, { key: LOW })).toMatchObject([{ outcome: 'free', redriven: 2 }]);
    expect((await listed(stage)).map(({ key }) => key)).toEqual([HIGH]);
  });

  it('finds the keys of a parent that the stream has forgotten', async () => {
    const stage = await parked([LOW, HIGH], 2);
    stage.split(SHARD);
    stage.shards = stage.shards.slice(1);
    expect((await listed(stage)).map(({ key, shard }) => [key, shard])).toEqual([
      [LOW, `${SHARD}0`],
      [HIGH, `${SHARD}1`],
    ]);
    expect((await redrive(stage)).map(({ outcome }) => outcome)).toEqual(['free', 'free']);
  });

  it('goes on where the key is when the stream is resharded meanwhile', async () => {
    const stage = await parked([LOW, HIGH], 2_500);
    stage.onSleep = () => {
      if (stage.shards.length === 1) stage.split(SHARD);
      if (stage.asked.length === 2) stage.order(HIGH, 5);
    };
    expect(await redrive(stage)).toMatchObject([
      { key: LOW, outcome: 'free', redriven: 2_500 },
      { key: HIGH, outcome: 'free' },
    ]);
    expect(stage.amounts(HIGH).slice(-2)).toEqual([3_499, 5]);
    expect(new Set(puts(stage).map(({ shardId }) => shardId))).toEqual(new Set([SHARD, `${SHARD}0`, `${SHARD}1`]));
  });

  it('leads a redrive to the shard that holds the key, where its producer chose another than its own', async () => {
    const stage = new ParkingStage();
    stage.split(SHARD);
    stage.broken.add(13);
    const lowest = '0';
    stage.order(HIGH, 13, lowest);
    stage.order(HIGH, 14, lowest);
    await stage.process();
    stage.broken.clear();
    expect(await listed(stage)).toMatchObject([{ key: HIGH, records: 2, shard: `${SHARD}0` }]);
    stage.split(`${SHARD}0`);
    expect(await redrive(stage)).toMatchObject([{ key: HIGH, outcome: 'free', redriven: 2 }]);
    expect(puts(stage)).toEqual([{ key: HIGH, hashKey: lowest, shardId: `${SHARD}00` }]);
  });

  it('counts a record once that moves from parent to child between two reads', async () => {
    const stage = await parked([LOW, HIGH], 2);
    stage.split(SHARD);
    stage.order(HIGH, 5);
    const parentRead = Promise.withResolvers<void>();
    const logs = {
      async read(shardId: string) {
        if (shardId === SHARD) {
          const state = await stage.logs.read(shardId);
          await stage.process();
          parentRead.resolve();
          return state;
        }
        await parentRead.promise;
        return stage.logs.read(shardId);
      },
    };
    const keys = await readParkedKeys(logs, stage.shards);
    expect([...keys].map(([key, places]) => [key, places.map(({ shard }) => shard.shardId)])).toEqual([
      [LOW, [`${SHARD}0`]],
      [HIGH, [`${SHARD}1`]],
    ]);
  });
});
