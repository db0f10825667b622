import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { count, from, hours, lake, minutes, pipeline, sum, tumbling } from '../../core/pipeline/index.ts';
import { planPicture, stateShapes } from '../../core/pipeline/print.ts';
import { orderAt } from '../support/counting.ts';
import { engineInMemory } from '../support/engine.ts';
import { Order } from '../support/orders.ts';

const counting = (version: number) =>
  pipeline('counting', [
    from(Order)
      .process('count', { version, init: () => 0, on: (n: number) => ({ state: n + 1, emit: [{ n }] }) })
      .to(lake('counts', { schema: z.object({ n: z.int() }) })),
  ]);

describe("states' shapes", () => {
  it('stop a step that has become another under its id, naming both', async () => {
    const log = memoryCommitLog();
    await engineInMemory(counting(1), { log }).run([orderAt(1, 'ada')]);
    await engineInMemory(counting(1), { log }).run([orderAt(2, 'ada')]);
    const changed = engineInMemory(counting(2), { log });
    await expect(changed.run([orderAt(3, 'ada')])).rejects.toThrow(
      "found states of step 'count' kept as 'process 1'; expected 'process 2': a changed step needs a new id",
    );
  });

  it('are told where a step with state was not there before', async () => {
    const log = memoryCommitLog();
    const plain = pipeline('counting', [from(Order).to(lake('orders'))]);
    await engineInMemory(plain, { log }).run([orderAt(1, 'ada')]);
    await engineInMemory(counting(2), { log }).run([orderAt(2, 'ada')]);
    const { state } = engineInMemory(counting(2), { log });
    expect([...(await state()).shapes]).toEqual([['count', 'process 2']]);
  });

  it('say all that the states depend on, of every part', () => {
    const windows = (grace: number) =>
      from(Order)
        .rekey('by-first', ({ items }) => items[0] ?? '-')
        .window('w', { over: tumbling(hours(1)), grace, aggregate: { n: count(), total: sum('amount') } })
        .closed.to(lake('w_closed', { schema: z.object({ n: z.int(), total: z.number() }) }));
    const shapes = (grace: number) => stateShapes(pipeline('p', [windows(grace)])).w;
    expect(shapes(0)).toBe('window tumbling(3600000, 0) 0 n=count total=sum(amount)');
    expect(shapes(minutes(5))).not.toBe(shapes(0));
  });
});

describe('the picture of a plan', () => {
  it('shows a rekey once, and what follows it', () => {
    const plan = pipeline('p', [
      from(Order)
        .rekey('by-first', ({ items }) => items[0] ?? '-')
        .to(lake('rows', { schema: z.object({ amount: z.number() }) })),
    ]);
    expect(planPicture(plan)).toBe(`flowchart LR
  shop_order(["shop.order"])
  by_first[/"rekey by-first"/]
  lake_rows[("rows")]
  shop_order --> by_first
  by_first --> lake_rows`);
  });
});
