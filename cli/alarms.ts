import { type CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { resourceName } from '../infra/names.ts';
import { visible } from './table.ts';

export interface AlarmStatus {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** ISO 8601; when it came into the state. */
  readonly since: string;
  readonly reason: string;
  /** What it means, and where the runbook says what to do. */
  readonly meaning: string;
}

/** The alarms of a stage, by name. */
export async function readAlarms(cloudWatch: CloudWatchClient, stage: string): Promise<readonly AlarmStatus[]> {
  const alarms: AlarmStatus[] = [];
  const pages = paginateDescribeAlarms({ client: cloudWatch }, { AlarmNamePrefix: resourceName(stage, '') });
  for await (const { MetricAlarms = [] } of pages) {
    for (const { AlarmName, StateValue, StateUpdatedTimestamp, StateReason, AlarmDescription } of MetricAlarms) {
      alarms.push({
        name: AlarmName ?? '',
        state: StateValue ?? '',
        since: StateUpdatedTimestamp?.toISOString() ?? '',
        reason: visible(StateReason ?? ''),
        meaning: visible(AlarmDescription ?? ''),
      });
    }
  }
  return alarms;
}
