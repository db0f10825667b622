import { ServiceError } from '../json-api.ts';

export type StreamMode = 'PROVISIONED' | 'ON_DEMAND';

/** Whoever reads a stream by enhanced fan-out. */
export interface Consumer {
  readonly name: string;
  readonly createdMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a day allows only so often. */
export type DailyChange = 'shardCount' | 'mode' | 'encryption';

/** All of a stream that calls can change, but its shards and records. */
export interface StreamSettings {
  readonly mode: StreamMode;
  readonly retentionHours: number;
  /** Largest data of one record, in KiB. */
  readonly maxRecordKiB: number;
  /** The KMS key that records are said to be encrypted with; nothing is encrypted here. */
  readonly encryptionKeyId?: string | undefined;
  /** Names of the metrics asked for by shard. */
  readonly shardMetrics: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly consumers: readonly Consumer[];
  /** Changes of the last 24 hours. */
  readonly changes: readonly { readonly what: DailyChange; readonly atMs: number }[];
}

export const NEW_STREAM: StreamSettings = {
  mode: 'PROVISIONED',
  retentionHours: 24,
  maxRecordKiB: 1024,
  shardMetrics: [],
  tags: {},
  consumers: [],
  changes: [],
};

const DAY_MS = 24 * 3_600_000;

/** Changes within a day. Source: API reference, UpdateShardCount, StartStreamEncryption, StopStreamEncryption; Developer
 *  Guide, capacity modes. */
const DAILY_MAX: Readonly<Record<DailyChange, number>> = { shardCount: 10, mode: 2, encryption: 25 };

/** The changes of the last day with one more. Throws LimitExceededException when that is too many. */
export function oneMoreChange(
  { changes }: StreamSettings,
  stream: string,
  what: DailyChange,
  atMs: number,
): StreamSettings['changes'] {
  const recent = changes.filter((change) => atMs - change.atMs < DAY_MS);
  const most = DAILY_MAX[what];
  if (recent.filter((change) => change.what === what).length < most) return [...recent, { what, atMs }];
  const texts = {
    shardCount: `Stream ${stream} has been updated by UpdateShardCount ${most} times within 24 hours; no more is allowed.`,
    mode: `Stream ${stream} has switched its capacity mode ${most} times within 24 hours; no more is allowed.`,
    encryption: `Stream ${stream} has changed its encryption ${most} times within 24 hours; no more is allowed.`,
  };
  throw new ServiceError('LimitExceededException', texts[what]);
}
