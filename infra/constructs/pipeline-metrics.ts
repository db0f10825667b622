import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE } from '../names.ts';

/** Counts that the process function emits about a pipeline. */
export type PipelineCount =
  | 'Events'
  | 'Duplicates'
  | 'Quarantined'
  | 'Parked'
  | 'Redriven'
  | 'Rows'
  | 'Commits'
  | 'LostSlots'
  | 'Repaired'
  | 'Snapshots'
  | 'SnapshotsFailed'
  | 'Stopped'
  | 'BatchesGivenBack';

const PERIOD = Duration.minutes(5);

export function pipelineCount(pipeline: string, name: PipelineCount): Metric {
  return pipelineMetric(pipeline, name, 'Sum');
}

/** How many records the shard that has most of them holds parked, among the shards that had a batch. */
export function parkedRecords(pipeline: string): Metric {
  return pipelineMetric(pipeline, 'ParkedRecords', 'Maximum');
}

function pipelineMetric(pipeline: string, metricName: string, statistic: 'Sum' | 'Maximum'): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: pipeline },
    statistic,
    period: PERIOD,
    label: metricName,
  });
}

/** Percentage of a pipeline's records that were refused; `Events` counts only those that were not. */
export function quarantinePercentage(pipeline: string): MathExpression {
  return new MathExpression({
    expression: 'IF(events + quarantined > 0, 100 * quarantined / (events + quarantined), 0)',
    usingMetrics: {
      events: pipelineCount(pipeline, 'Events'),
      quarantined: pipelineCount(pipeline, 'Quarantined'),
    },
    period: PERIOD,
    label: 'Quarantined %',
  });
}
