import { describe, expect, it } from '@jest/globals';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { engineOf } from '../../functions/process/engine.ts';
import type { ProcessEnvironment } from '../../functions/process/environment.ts';
import { Order } from '../support/orders.ts';

const orders = from(Order);
const first = pipeline('first', [orders.to(lake('all_orders'))]);
const shop = pipeline('shop', [
  orders
    .rekey('by-amount', ({ amount }) => String(amount))
    .inOrder('sorted')
    .late.to(lake('late', { schema: Order.schema })),
]);

const environment = (part: string, pipelines: string): ProcessEnvironment => ({
  MILLRACE_PIPELINE: part,
  MILLRACE_PIPELINES: pipelines,
  MILLRACE_EPOCH: 'v1',
  MILLRACE_LOG_TABLE: 'log',
  MILLRACE_DELIVERY_STREAMS: '{}',
  MILLRACE_ALERT_TOPICS: '{}',
  MILLRACE_VIEW_TABLES: '{}',
  MILLRACE_STREAMS: '{}',
  MILLRACE_BUCKET: 'bucket',
  MILLRACE_STREAM_ARN: 'arn',
});
const programOf = (part: string, pipelines: string) => engineOf([first, shop], environment(part, pipelines)).program;

describe('engineOf', () => {
  it('runs the part that the environment names', () => {
    expect(programOf('shop', 'first,shop').plan).toBe(shop);
    expect(programOf('shop-hop-1', 'first,shop').plan).toBe(shop.hops[0]);
  });

  it('has the first pipeline that is deployed keep what none can read', () => {
    expect(programOf('shop', 'first,shop').readers.keepsStrays).toBe(false);
    expect(programOf('shop', 'shop').readers.keepsStrays).toBe(true);
    expect(programOf('first', 'first,shop').readers.keepsStrays).toBe(true);
  });

  it('says which pipeline there is not', () => {
    expect(() => programOf('first', 'first,gone')).toThrow(
      "no pipeline 'gone' in pipelines/index.ts; found first, shop",
    );
    expect(() => programOf('shop', 'first')).toThrow("no pipeline 'shop' in pipelines/index.ts; found first");
    expect(() => programOf('shop-hop-2', 'shop')).toThrow("no pipeline 'shop-hop-2'");
  });
});
