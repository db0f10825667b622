import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { startDynalite } from '../../bench/idempotency/dynalite.ts';
import { faultsOf, type Measurement } from '../../bench/idempotency/measure.ts';
import { meter, noUsage } from '../../bench/idempotency/meter.ts';
import { goalsOf } from '../../bench/idempotency/report.ts';
import { workload } from '../../bench/idempotency/workload.ts';
import { ROOT } from '../support/imports.ts';

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--no-warnings', join(ROOT, 'bench/main.ts'), ...args]);

describe('the benchmark of idempotency', () => {
  it('counts the calls, the units and the duplicates of both', async () => {
    const { stdout } = await bench('idempotency', '--events', '1000', '--json');
    const { ours, peer, duplicates, timesBetter } = JSON.parse(stdout);
    expect(duplicates).toBe(100);
    expect(ours).toMatchObject({ duplicates: 100, rows: 900, faults: [], calls: { PutItem: 2 }, readUnits: 0 });
    expect(peer).toMatchObject({ duplicates: 100, rows: 900, faults: [], readUnits: 0 });
    expect(peer.calls).toEqual({ PutItem: 900, UpdateItem: 900 });
    expect(peer.writeUnits).toBe(1800);
    expect(timesBetter.writeUnitsPerEvent).toBeGreaterThanOrEqual(100);
  }, 60_000);

  it.each(['nothing', 'idempotency --events 999', 'idempotency --event 1000'])(
    'does not understand: %s',
    async (line) => {
      await expect(bench(...line.split(' '))).rejects.toMatchObject({ code: 2 });
    },
  );

  it('puts one event in ten twice, never in the batch of the first', () => {
    const { batches, duplicates, rows } = workload('w', 5_000);
    const ids = batches.map(({ Records }) =>
      Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()).id as string),
    );
    const seen = new Set<string>();
    for (const ofBatch of ids) {
      const fresh = ofBatch.filter((id) => !seen.has(id));
      expect(new Set(fresh).size).toBe(fresh.length);
      for (const id of fresh) seen.add(id);
    }
    expect(ids.flat()).toHaveLength(5_000);
    expect({ duplicates, distinct: rows.size, seen: seen.size }).toEqual({
      duplicates: 500,
      distinct: 4_500,
      seen: 4_500,
    });
  });

  it('sees a row that is missing, repeated, unknown or different', () => {
    const expected = new Map(['a', 'b', 'c'].map((id) => [id, { event_id: id, n: 1 }]));
    const rows = [{ event_id: 'a', n: 1 }, { event_id: 'a', n: 1 }, { event_id: 'b', n: 2 }, { event_id: 'x' }];
    expect(
      faultsOf(
        rows.map((row) => JSON.stringify(row)),
        expected,
      ),
    ).toEqual(['a: more than one row', "b: not the event's row", 'x: there is no such event', 'c: no row']);
  });

  it('fails when the results or the write units are not right, but not when it is slow', () => {
    const one = { name: 'x', calls: { PutItem: 1 }, readUnits: 0, duplicates: 1, rows: 9, faults: [], cpuSeconds: 1 };
    const measurement: Measurement = {
      date: '2026-03-02T08:00:00Z',
      node: 'v24',
      cpus: 2,
      events: 10,
      duplicates: 1,
      ours: { ...one, writeUnits: 1, seconds: 1 },
      peer: { ...one, writeUnits: 100, seconds: 99 },
    };
    const missed = (change: Partial<Measurement>) =>
      goalsOf({ ...measurement, ...change }).flatMap(({ isMet, isRequired }, index) =>
        isMet ? [] : [{ index, isRequired }],
      );
    expect(missed({})).toEqual([{ index: 2, isRequired: false }]);
    expect(missed({ peer: { ...measurement.peer, seconds: 100 } })).toEqual([]);
    const fewer = { ...measurement.peer, writeUnits: 99, seconds: 100 };
    expect(missed({ peer: fewer })).toEqual([{ index: 1, isRequired: true }]);
    const wrong = { ...measurement.peer, faults: ['e: no row'], seconds: 100 };
    expect(missed({ peer: wrong })).toEqual([{ index: 0, isRequired: true }]);
    expect(missed({ duplicates: 2, peer: { ...measurement.peer, seconds: 100 } })).toEqual([
      { index: 0, isRequired: true },
    ]);
  });

  it("counts what the SDK repeats, and a refused write by its item's size", async () => {
    const dynalite = await startDynalite();
    const client = dynalite.client();
    try {
      await dynalite.createTable({
        TableName: 'table',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      });
      const usage = noUsage();
      meter(client, () => usage);
      let isFirst = true;
      client.middlewareStack.add(
        (next) => async (args) => {
          if (!isFirst) return next(args);
          isFirst = false;
          throw Object.assign(new Error('throttled'), { name: 'ThrottlingException', $metadata: {} });
        },
        { step: 'deserialize' },
      );
      const put = new PutItemCommand({
        TableName: 'table',
        Item: { id: { S: 'a' }, body: { B: new Uint8Array(2_000) } },
        ConditionExpression: 'attribute_not_exists(id)',
      });
      await client.send(put);
      expect(usage).toEqual({ calls: { PutItem: 2 }, writeUnits: 2, readUnits: 0 });
      await expect(client.send(put)).rejects.toThrow(ConditionalCheckFailedException);
      expect(usage).toEqual({ calls: { PutItem: 3 }, writeUnits: 4, readUnits: 0 });
    } finally {
      client.destroy();
      await dynalite.stop();
    }
  });
});
