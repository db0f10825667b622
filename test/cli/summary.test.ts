import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { everyEvent } from '../../cli/lake.ts';
import { checkSummary, describeSummary, describeWaiting, type Summary } from '../../cli/summary.ts';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';

const GOOD: Summary = {
  put: 100,
  taken: 98,
  inLake: 99,
  distinct: 98,
  quarantined: 2,
  duplicates: 0,
  ignored: 0,
  parked: 0,
  waiting: {},
  dynamoWriteUnits: 3,
  firehoseRecords: 2,
  s3Objects: 2,
  undelivered: 0,
  elapsedSeconds: 9.5,
  tables: { orders: 98, sales: 7, quarantine: 3 },
  views: { latest: 4 },
  alerts: { burst: 5 },
};
const NO_TABLE = { ...GOOD, inLake: null, distinct: null };

describe('the check of a summary', () => {
  it.each([
    ['all that was put is somewhere', GOOD],
    ['where no table has every event', NO_TABLE],
    ['events come again', { ...GOOD, put: 103, duplicates: 3 }],
    ['records are ignored', { ...NO_TABLE, put: 104, ignored: 4 }],
  ])('finds nothing when %s', (_, summary) => {
    expect(checkSummary(summary, summary.put)).toEqual([]);
  });

  const notPut = '101 events were sent and the stream took 100';
  const notAll = '100 were put; 97 were taken in, 2 are in quarantine, 0 came again and 0 are ignored';
  it.each([
    [notPut, GOOD, 101],
    [notAll, { ...NO_TABLE, taken: 97 }],
    ['98 were taken in; 97 are in the lake', { ...GOOD, distinct: 97 }],
    ['98 were taken in; 99 are in the lake', { ...GOOD, distinct: 99 }],
    ['the views have 98 rows and the tables behind them 97', { ...GOOD, inLake: 97 }],
    ['3 records are parked, since a step threw', { ...GOOD, parked: 3, distinct: 95 }],
    ['1 objects were not delivered; look under errors/ and aws/lambda/', { ...GOOD, undelivered: 1 }],
  ])('finds that %s', (fault, summary: Summary, sent = summary.put) => {
    expect(checkSummary(summary, sent)).toEqual([fault]);
  });
});

describe('the summary for people', () => {
  it('says what there is, and leaves out what there is not', () => {
    const labels = (summary: Summary) => describeSummary(summary).map(([label]) => label);
    expect(Object.fromEntries(describeSummary(GOOD))).toMatchObject({
      'distinct events in the lake': 98,
      'records in quarantine': 3,
      'rows of sales': 7,
      'keys in the view latest': 4,
      'alerts of burst': 5,
      'write units per event': 0.03,
    });
    expect(labels(GOOD)).not.toContain('events that came again');
    expect(labels(NO_TABLE)).toContain('distinct events taken in');
    expect(labels({ ...GOOD, duplicates: 1, parked: 2 })).toEqual(
      expect.arrayContaining(['events that came again', 'records parked']),
    );
  });

  it('says which windows are still open', () => {
    expect(describeWaiting(GOOD)).toBeUndefined();
    expect(describeWaiting({ ...GOOD, waiting: { 'per-hour': 1_200, 'per-day': 1 } })).toBe(
      'event time stands where the events end, so windows still open there are in no table yet: ' +
        'per-hour (1,200 keys), per-day (1 key)',
    );
  });
});

describe('tables of every event', () => {
  const schema = z.object({ customer: z.string() });
  const Visit = event('shop.visit', { version: 1, key: 'customer', schema });
  const large = from(Order).filter('large', () => true);

  it.each([
    ['one for each event type', [from(Order).to(lake('orders')), from(Visit).to(lake('visits'))], ['orders', 'visits']],
    [
      'not where one has none',
      [
        from(Order).to(lake('orders')),
        from(Visit)
          .filter('v', () => true)
          .to(lake('w')),
      ],
      undefined,
    ],
    ['not behind a filter', [large.to(lake('large_orders'))], undefined],
  ])('%s', (_, outputs, tables) => {
    expect(everyEvent(pipeline('shop', outputs))).toEqual(tables);
  });
});
