import {
  checkInteger,
  constraintError,
  RECORD_KIB_DEFAULT,
  RECORD_KIB_MAX,
  RETENTION_HOURS_MAX,
  RETENTION_HOURS_MIN,
  SHARDS_MAX,
} from './limits.ts';
import type { StreamMode, StreamSettings } from './stream.ts';

export interface StreamModeDetails {
  readonly StreamMode: string;
}

/** An on-demand stream begins with 4 MB/s. Source: Developer Guide, capacity modes. */
const ON_DEMAND_SHARDS = 4;

export function checkMode(details: StreamModeDetails | undefined): StreamMode {
  const mode = details?.StreamMode ?? 'PROVISIONED';
  if (mode === 'PROVISIONED' || mode === 'ON_DEMAND') return mode;
  throw constraintError('streamModeDetails.streamMode', 'satisfy enum value set: [PROVISIONED, ON_DEMAND]');
}

/** How many shards a new stream has. CloudFormation takes 1 where a provisioned stream says nothing. */
export function checkShardCount(mode: StreamMode, count: number | undefined, missing?: number): number {
  return mode === 'ON_DEMAND' ? ON_DEMAND_SHARDS : checkInteger('shardCount', count, [1, SHARDS_MAX], missing);
}

export function checkSettings(mode: StreamMode, retentionHours?: number, maxRecordKiB?: number): StreamSettings {
  const hours = [RETENTION_HOURS_MIN, RETENTION_HOURS_MAX] as const;
  return {
    mode,
    retentionHours: checkInteger('retentionPeriodHours', retentionHours, hours, RETENTION_HOURS_MIN),
    maxRecordKiB: checkInteger(
      'maxRecordSizeInKiB',
      maxRecordKiB,
      [RECORD_KIB_DEFAULT, RECORD_KIB_MAX],
      RECORD_KIB_DEFAULT,
    ),
  };
}
