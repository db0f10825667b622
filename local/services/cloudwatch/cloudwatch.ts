import type { LocalService, RecordMetric } from '../../service.ts';
import { createMetricStore } from './metric-store.ts';
import { cloudWatchApi } from './protocols.ts';
import { putMetricData } from './put-api.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './read-api.ts';
import { single } from './summary.ts';
import { unitOf } from './units.ts';

export interface CloudWatch extends LocalService {
  readonly metric: RecordMetric;
}

export interface CloudWatchOptions {
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

/** CloudWatch on this machine, in memory: metrics with all their statistics and metric math. */
export function createCloudWatch({ now = Date.now }: CloudWatchOptions = {}): CloudWatch {
  const store = createMetricStore(now);
  return {
    scopes: ['monitoring'],
    provisions: {},
    metric(namespace, name, dimensions, value, { unit = unitOf(namespace, name), isHighResolution } = {}) {
      store.add({ namespace, name, dimensions }, single(value), now(), { unit, isHighResolution });
    },
    handle: cloudWatchApi({
      GetMetricData: getMetricData(store),
      GetMetricStatistics: getMetricStatistics(store),
      ListMetrics: listMetrics(store, now),
      PutMetricData: putMetricData(store, now),
    }),
    close: async () => {},
  };
}
