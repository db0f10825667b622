import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import type { StageConfig } from '../config.ts';
import { deliveryStreamName } from '../names.ts';
import { DeliveryStream } from './delivery-stream.ts';
import { DistinctView } from './distinct-view.ts';
import type { Lake } from './lake.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { RowsTable } from './rows-table.ts';

export interface DeliveredTableProps {
  readonly config: StageConfig;
  readonly lake: Lake;
  readonly topic: ITopic;
  readonly table: LakeTable;
  /** The pipeline the table belongs to; left out for a table that all share. */
  readonly pipeline?: string;
}

/** Freshness may reach the buffer's time, and half as much again with dynamic partitioning, before anything is wrong. */
const FRESHNESS_SLACK_SECONDS = 600;

/** A table of the lake with all it needs: Firehose, rows, view and alarms. */
export class DeliveredTable extends Construct {
  readonly name: string;
  readonly delivery: DeliveryStream;

  constructor(scope: Construct, id: string, props: DeliveredTableProps) {
    super(scope, id);
    const { config, lake, table } = props;
    this.name = table.name;
    const rows = new RowsTable(this, 'Rows', { lake, table });
    new DistinctView(this, 'View', { lake, table });
    const name = deliveryStreamName(config.stage, table.name, props.pipeline);
    this.delivery = new DeliveryStream(this, 'Delivery', { config, name, lake, table, rows });
    this.#alarms(props, name);
  }

  grantPut(grantee: IGrantable): Grant {
    return this.delivery.grantPut(grantee);
  }

  /** A metric of the delivery stream, e.g. `DeliveryToS3.Records`. */
  metric(metricName: string, statistic: 'Sum' | 'Maximum', period = Duration.minutes(5)): Metric {
    return new Metric({
      namespace: 'AWS/Firehose',
      metricName,
      dimensionsMap: { DeliveryStreamName: this.delivery.name },
      statistic,
      period,
      label: this.name,
    });
  }

  #alarms({ config, topic, table }: DeliveredTableProps, name: string): void {
    new OperatorAlarm(this, 'DeliveryLate', {
      topic,
      name: `${name}-delivery-late`,
      metric: this.metric('DeliveryToS3.DataFreshness', 'Maximum'),
      threshold: 2 * config.bufferSeconds + FRESHNESS_SLACK_SECONDS,
      datapoints: { breaching: 2, of: 2 },
      meaning: `Rows of ${table.name} wait in Firehose and do not reach S3. After 24 hours Firehose drops them.`,
      runbook: 'delivery-late',
    });
    new OperatorAlarm(this, 'ConversionFailed', {
      topic,
      name: `${name}-conversion-failed`,
      metric: this.metric('FailedConversion.Records', 'Sum'),
      threshold: 1,
      meaning: `Rows of ${table.name} do not fit its Glue schema. They are kept under errors/${table.name}/.`,
      runbook: 'conversion-failed',
    });
    if (table.partition.by !== 'event-day') return;
    new OperatorAlarm(this, 'PartitionsExceeded', {
      topic,
      name: `${name}-partitions-exceeded`,
      metric: this.metric('PartitionCountExceeded', 'Maximum'),
      threshold: 1,
      meaning: `Rows of ${table.name} are of more days at a time than Firehose has partitions for. They are kept under errors/${table.name}/.`,
      runbook: 'partitions-exceeded',
    });
  }
}
