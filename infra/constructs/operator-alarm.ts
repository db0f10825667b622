import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

export interface OperatorAlarmProps {
  readonly topic: ITopic;
  readonly name: string;
  readonly metric: IMetric;
  /** Alarms when the metric is at or above it … */
  readonly threshold: number;
  /** … in so many of the last periods; default 1 of 1. */
  readonly datapoints?: { readonly breaching: number; readonly of: number };
  /** Whether a period without data counts as one above the threshold; default false. */
  readonly alarmsWithoutData?: boolean;
  /** What has happened and what to do first, for the person who is woken. */
  readonly meaning: string;
  /** Section of docs/runbook.md. */
  readonly runbook: string;
}

/** An alarm that says what it means, where its runbook is, and tells the operator of its end too. Silence of a metric is
 *  no alarm unless told: a stream without events has none. */
export class OperatorAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: OperatorAlarmProps) {
    const { breaching, of } = props.datapoints ?? { breaching: 1, of: 1 };
    super(scope, id, {
      alarmName: props.name,
      alarmDescription: `${props.meaning} See docs/runbook.md#${props.runbook}`,
      metric: props.metric,
      threshold: props.threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm: breaching,
      evaluationPeriods: of,
      treatMissingData: props.alarmsWithoutData ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(props.topic);
    this.addAlarmAction(action);
    this.addOkAction(action);
  }
}
