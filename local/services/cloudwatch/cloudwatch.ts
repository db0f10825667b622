import type { LocalService, RecordMetric } from '../../service.ts';
import { jsonApi } from '../json-api.ts';
import { createMetricStore, single } from './metric-store.ts';
import { putMetricData } from './put-api.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './read-api.ts';

export interface CloudWatch extends LocalService {
  readonly metric: RecordMetric;
}

/** CloudWatch's metrics in memory, for a few hours: GetMetricData without expressions, GetMetricStatistics, ListMetrics
 *  and PutMetricData. Units and percentiles are not kept. Alarms and dashboards are not emulated. */
export function createCloudWatch(now: () => number = Date.now): CloudWatch {
  const store = createMetricStore(now);
  return {
    scopes: ['monitoring'],
    provisions: {},
    metric: (namespace, name, dimensions, value) => store.add({ namespace, name, dimensions }, single(value), now()),
    handle: jsonApi({
      GetMetricData: getMetricData(store),
      GetMetricStatistics: getMetricStatistics(store),
      ListMetrics: listMetrics(store),
      PutMetricData: putMetricData(store, now),
    }),
    close: async () => {},
  };
}
