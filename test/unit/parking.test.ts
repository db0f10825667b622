import { describe, expect, it } from '@jest/globals';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { redriveRecord } from '../../core/event/control.ts';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { TransientError } from '../../core/ports.ts';
import { countingPlan, distinct, orderAt } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt } from '../support/engine.ts';
import { Order, shop } from '../support/orders.ts';

const redriveAt = (n: number, key: string, pipeline = 'counting') =>
  recordAt(n, redriveRecord(`redrive-${n}`, pipeline, key), ARRIVAL_MS + n, key);

const countsOf = (rows: readonly Record<string, unknown>[], customer: string) =>
  distinct(rows)
    .filter((row) => row.customer === customer)
    .map(({ event_id, n }) => `${event_id} ${n}`);

describe('parking', () => {
  it.each([
    ['warm', false],
    ['cold', true],
  ])('holds back what follows a poison record of a key, and lets it go in order, %s', async (_, cold) => {
    const broken = { is: true };
    const { run, restart, state, lake } = engineInMemory(countingPlan(broken));
    const again = () => (cold ? restart() : undefined);
    await run([orderAt(1, 'eve'), orderAt(2, 'eve', 13), orderAt(3, 'ada'), orderAt(4, 'eve')]);
    again();
    expect(await run([orderAt(5, 'eve'), orderAt(6, 'ada')])).toMatchObject({ events: 1, parked: 1, waiting: 3 });
    expect(countsOf(lake.rows('counts'), 'eve')).toEqual(['e1/count.0 1']);
    expect(countsOf(lake.rows('counts'), 'ada')).toEqual(['e3/count.0 1', 'e6/count.0 2']);
    again();
    expect((await state()).lot.keys.get('eve')).toMatchObject({
      failure: { step: 'check', found: 'RangeError: thirteen', sinceMs: ARRIVAL_MS + 2 },
    });
    // Still broken: the redrive comes to the same record, and nothing overtakes it.
    expect(await run([redriveAt(7, 'eve'), orderAt(8, 'eve')])).toMatchObject({ redriven: 0, parked: 1, waiting: 4 });
    again();
    broken.is = false;
    const result = await run([orderAt(9, 'eve'), redriveAt(10, 'eve'), orderAt(11, 'eve')]);
    expect(result).toMatchObject({ redriven: 5, parked: 1, waiting: 0, events: 6 });
    expect(countsOf(lake.rows('counts'), 'eve')).toEqual(
      [1, 2, 4, 5, 8, 9, 11].map((n, i) => `e${n}/count.0 ${i + 1}`),
    );
    expect((await state()).lot.keys.size).toBe(0);
  });

  it('drops duplicates and quarantines bad data on arrival, also under a parked key', async () => {
    const { run, lake } = engineInMemory(countingPlan());
    await run([orderAt(1, 'eve', 13), orderAt(2, 'eve')]);
    const bad = recordAt(5, 'not json', ARRIVAL_MS, 'eve');
    const result = await run([orderAt(3, 'eve', 13, 'e1'), orderAt(4, 'eve', 10, 'e2'), bad]);
    expect(result).toMatchObject({ duplicates: 2, quarantined: 1, parked: 0, waiting: 2 });
    expect(lake.rows('quarantine')).toMatchObject([{ reason: 'not-json' }]);
  });

  it('takes a thousand records through at a time', async () => {
    const broken = { is: true };
    const { run, lake } = engineInMemory(countingPlan(broken));
    const records = Array.from({ length: 2_500 }, (_, i) => orderAt(i + 1, 'eve', i === 0 ? 13 : 10));
    for (let from = 0; from < records.length; from += 500) await run(records.slice(from, from + 500));
    broken.is = false;
    expect(await run([redriveAt(3_001, 'eve')])).toMatchObject({ redriven: 1_000, waiting: 1_500 });
    expect(await run([redriveAt(3_002, 'eve'), orderAt(3_003, 'eve')])).toMatchObject({
      redriven: 1_000,
      waiting: 501,
    });
    expect(await run([redriveAt(3_004, 'eve')])).toMatchObject({ redriven: 501, waiting: 0 });
    expect(countsOf(lake.rows('counts'), 'eve').at(-1)).toBe('e3003/count.0 2501');
  });

  it('takes no more through in one commit, however many redrives the batch holds', async () => {
    const broken = { is: true };
    const { run, lake } = engineInMemory(countingPlan(broken));
    const records = ['eve', 'mal'].flatMap((key, k) =>
      Array.from({ length: 700 }, (_, i) => orderAt(k * 700 + i + 1, key, i === 0 ? 13 : 10)),
    );
    await run(records);
    broken.is = false;
    const redrives = [redriveAt(2_001, 'eve'), redriveAt(2_002, 'mal'), orderAt(2_003, 'mal')];
    const { sequenceNumber } = redrives[1] as { sequenceNumber: string };
    expect(await run(redrives)).toMatchObject({ redriven: 700, waiting: 700, unfinished: sequenceNumber });
    expect(await run(redrives.slice(1))).toMatchObject({ redriven: 700, waiting: 0, events: 701 });
    expect(countsOf(lake.rows('counts'), 'mal').at(-1)).toBe('e2003/count.0 701');
  });

  it('reads at most a hundred objects for one redrive', async () => {
    const broken = { is: true };
    const { run } = engineInMemory(countingPlan(broken));
    await run([orderAt(1, 'eve', 13)]);
    for (let n = 2; n <= 130; n++) await run([orderAt(n, 'eve')]);
    broken.is = false;
    expect(await run([redriveAt(200, 'eve')])).toMatchObject({ redriven: 100, waiting: 30 });
    expect(await run([redriveAt(201, 'eve')])).toMatchObject({ redriven: 30, waiting: 0 });
  });

  it('stops at a record that throws again, and tells the new reason', async () => {
    const broken = { is: true };
    const { run, state, lake } = engineInMemory(countingPlan(broken));
    await run([orderAt(1, 'eve', 13), orderAt(2, 'eve'), orderAt(3, 'eve', 13), orderAt(4, 'eve')]);
    broken.is = false;
    // Of the two poison records only the second is still one.
    let calls = 0;
    Object.defineProperty(broken, 'is', { get: () => ++calls === 3 });
    expect(await run([redriveAt(5, 'eve')])).toMatchObject({ redriven: 2, waiting: 2 });
    expect((await state()).lot.keys.get('eve')?.failure.sinceMs).toBe(ARRIVAL_MS + 3);
    expect(await run([redriveAt(6, 'eve')])).toMatchObject({ redriven: 2, waiting: 0 });
    expect(countsOf(lake.rows('counts'), 'eve')).toHaveLength(4);
  });

  it('computes the same when the slot was lost in the middle of a redrive', async () => {
    const broken = { is: true };
    const log = memoryCommitLog();
    const plan = countingPlan(broken);
    const mine = engineInMemory(plan, { log });
    await mine.run([orderAt(1, 'eve', 13), orderAt(2, 'eve')]);
    const other = engineInMemory(plan, { log, objects: mine.objects });
    await other.run([orderAt(3, 'eve')]);
    broken.is = false;
    expect(await mine.run([redriveAt(4, 'eve')])).toMatchObject({ lostSlots: 1, redriven: 3, waiting: 0 });
    expect(countsOf(mine.lake.rows('counts'), 'eve')).toEqual(['e1/count.0 1', 'e2/count.0 2', 'e3/count.0 3']);
  });

  it('commits nothing when the records cannot be stored', async () => {
    const objects = { put: () => Promise.reject(new TransientError('slow down')), get: async () => undefined };
    const log = memoryCommitLog();
    await expect(engineInMemory(countingPlan(), { log, objects }).run([orderAt(1, 'eve', 13)])).rejects.toThrow(
      'slow down',
    );
    expect(await engineInMemory(countingPlan(), { log }).run([orderAt(1, 'eve', 13)])).toMatchObject({ parked: 1 });
  });

  it("leaves another pipeline's redrive alone, and refuses one that is not well-formed", async () => {
    const { run, lake } = engineInMemory(countingPlan());
    await run([orderAt(1, 'eve', 13)]);
    expect(await run([redriveAt(2, 'eve', 'other')])).toMatchObject({ skipped: 1, waiting: 1, redriven: 0 });
    const odd = { ...redriveRecord('x', 'counting', 'eve'), data: { key: 7 } };
    expect(await run([recordAt(3, odd, ARRIVAL_MS, 'eve')])).toMatchObject({ quarantined: 1 });
    expect(lake.rows('quarantine')).toMatchObject([{ reason: 'unknown-type', step: 'control' }]);
    const taken = () => event('millrace.mine', { version: 1, key: 'customer', schema: Order.schema });
    expect(taken).toThrow(/another beginning than 'millrace.'/);
  });

  it('says nothing of the payload in what it keeps of a failure beyond 200 characters', async () => {
    const { run, state } = engineInMemory(countingPlan());
    await run([orderAt(1, 'eve', 13)]);
    expect((await state()).lot.keys.get('eve')?.failure.found.length).toBeLessThan(202);
  });
});

describe('a full parking lot', () => {
  it('stops the pipeline at the next record that would wait, until the mended code makes room', async () => {
    const broken = { is: true };
    const { run, restart, lake } = engineInMemory(countingPlan(broken, { parkingBudget: 1 }));
    const keys = 10_000;
    const poison = Array.from({ length: keys }, (_, i) => orderAt(i + 1, `c${i}`, 13));
    expect(await run(poison)).toMatchObject({ parked: keys, stopped: undefined });
    const next = [orderAt(keys + 1, 'ada', 13)];
    expect(await run(next)).toMatchObject({ parked: 0, commits: 0, stopped: 'the parking lot is full' });
    const follower = [orderAt(keys + 1, 'c7'), orderAt(keys + 2, 'ada')];
    expect(await run(follower)).toMatchObject({ parked: 0, commits: 0, stopped: 'the parking lot is full' });
    broken.is = false;
    restart();
    expect(await run(follower)).toMatchObject({ redriven: 1, events: 3, waiting: keys - 1, stopped: undefined });
    expect(countsOf(lake.rows('counts'), 'c7')).toEqual(['e8/count.0 1', 'e10001/count.0 2']);
  });
});

describe('a full parking lot without state', () => {
  it('makes room a thousand records at a time, though no record gets further meanwhile', async () => {
    let broken = true;
    const plan = pipeline(
      'plain',
      [
        from(Order)
          .filter('check', () => {
            if (broken) throw new RangeError('not yet');
            return true;
          })
          .to(lake('orders')),
      ],
      { parkingBudget: 1 },
    );
    const { run } = engineInMemory(plan);
    const many = Array.from({ length: 2_500 }, (_, i) => orderAt(i + 1, 'eve'));
    await run([...many, ...Array.from({ length: 9_999 }, (_, i) => orderAt(3_000 + i, `c${i}`))]);
    broken = false;
    const next = [orderAt(20_000, 'eve')];
    expect(await run(next)).toMatchObject({ redriven: 1_000, commits: 1, stopped: 'the parking lot is full' });
    expect(await run(next)).toMatchObject({ redriven: 1_000, commits: 1, stopped: 'the parking lot is full' });
    expect(await run(next)).toMatchObject({ redriven: 500, events: 501, stopped: undefined });
  });
});

describe('budgets', () => {
  it('stop the pipeline before it parks a whole stream, and let it go on once it is mended', async () => {
    const broken = { is: true };
    const { run, restart } = engineInMemory(countingPlan(broken));
    const records = Array.from({ length: 100 }, (_, i) => orderAt(i + 1, `c${i}`, i < 60 ? 10 : 13));
    const result = await run(records);
    expect(result).toMatchObject({ events: 60, parked: 19, commits: 1, unfinished: records[79]?.sequenceNumber });
    expect(result.stopped).toBe(
      "parkingBudget 0.1 is exceeded by 20 of the last 80 records, the last by step 'check': it threw",
    );
    restart();
    expect(await run(records.slice(79))).toMatchObject({ commits: 0, unfinished: records[79]?.sequenceNumber });
    broken.is = false;
    expect(await run(records.slice(79))).toMatchObject({ events: 21, stopped: undefined, waiting: 19 });
  });

  it('can be set not to stop', async () => {
    const { run } = engineInMemory(countingPlan({ is: true }, { parkingBudget: 1 }));
    const records = Array.from({ length: 100 }, (_, i) => orderAt(i + 1, `c${i}`, 13));
    expect(await run(records)).toMatchObject({ parked: 100, stopped: undefined });
  });

  it('stop it when most records are quarantined', async () => {
    const { run } = engineInMemory(shop);
    const records = Array.from({ length: 300 }, (_, i) => recordAt(i + 1, 'not json'));
    const result = await run(records);
    expect(result).toMatchObject({ quarantined: 99, unfinished: records[99]?.sequenceNumber });
    expect(result.stopped).toBe(
      "quarantineBudget 0.5 is exceeded by 100 of the last 100 records, the last by step 'decode': not-json",
    );
  });
});
