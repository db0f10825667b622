import type { LocalService, Provisioned, RecordMetric, Resource } from '../../service.ts';
import { Alarms, type Publish } from './alarms/alarms.ts';
import { alarmOperations } from './alarms/api.ts';
import type { AlarmInput } from './alarms/definition.ts';
import { Dashboards } from './dashboards.ts';
import { createMetricStore } from './metric-store.ts';
import { cloudWatchApi } from './protocols.ts';
import { putMetricData } from './put-api.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './read-api.ts';
import { dimensionSets, unitOf } from './service-metrics.ts';
import { single } from './summary.ts';

export interface CloudWatch extends LocalService {
  readonly metric: RecordMetric;
  /** Looks at the alarms that are due. Resolves once their actions are done. */
  evaluateAlarms(): Promise<void>;
}

export interface CloudWatchOptions {
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
  /** Takes the notifications of alarms. */
  readonly publish?: Publish;
  readonly log?: (line: string) => void;
  /** How often alarms are looked at; only when told if undefined. */
  readonly evaluateEveryMs?: number;
}

/** CloudWatch on this machine, in memory: metrics with all their statistics and metric math, alarms on metrics and
 *  expressions with notifications to topics, dashboards as text. */
export function createCloudWatch(options: CloudWatchOptions = {}): CloudWatch {
  const { now = Date.now, publish = async () => {}, log = () => {}, evaluateEveryMs } = options;
  const store = createMetricStore(now);
  const alarms = new Alarms({ store, now, publish, log });
  const dashboards = new Dashboards(now);
  const evaluateAlarms = () => alarms.evaluate();
  const timer = evaluateEveryMs === undefined ? undefined : setInterval(evaluateAlarms, evaluateEveryMs).unref();
  return {
    scopes: ['monitoring'],
    provisions: {
      'AWS::CloudWatch::Alarm': (resource) => provisionAlarm(alarms, resource),
      'AWS::CloudWatch::Dashboard': ({ properties: { DashboardName, DashboardBody } }) => {
        dashboards.put(DashboardName, DashboardBody);
        return { ref: DashboardName, attributes: {} };
      },
    },
    metric(namespace, name, dimensions, value, { unit = unitOf(namespace, name), isHighResolution } = {}) {
      for (const set of dimensionSets(namespace, name, dimensions)) {
        store.add({ namespace, name, dimensions: set }, single(value), now(), { unit, isHighResolution });
      }
    },
    evaluateAlarms,
    handle: cloudWatchApi({
      ...alarmOperations(alarms),
      ...dashboards.operations,
      GetMetricData: getMetricData(store),
      GetMetricStatistics: getMetricStatistics(store),
      ListMetrics: listMetrics(store, now),
      PutMetricData: putMetricData(store, now),
    }),
    async close() {
      clearInterval(timer);
    },
  };
}

function provisionAlarm(alarms: Alarms, { properties }: Resource): Provisioned {
  const { arn } = alarms.put(properties as AlarmInput);
  return { ref: properties.AlarmName, attributes: { Arn: arn } };
}
