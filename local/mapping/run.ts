import type { HashRange } from '../services/kinesis/hash-key.ts';
import type { StreamReader } from '../services/kinesis-reader.ts';
import type { FunctionInvoker } from '../services/lambda/lambda.ts';
import type { Checkpoints } from './checkpoint.ts';
import type { Clock } from './clock.ts';
import type { MappingSettings } from './configuration.ts';
import type { SendFailure } from './destination.ts';
import type { EventSource } from './event.ts';
import type { MappingMetrics } from './metrics.ts';
import type { Progress } from './progress.ts';
import type { BackOff } from './retry.ts';
import type { OpenWindow } from './tumbling.ts';

/** What the pollers of one mapping share. */
export interface MappingRun {
  readonly uuid: string;
  readonly settings: MappingSettings;
  readonly functionArn: string;
  readonly source: EventSource;
  readonly reader: StreamReader;
  readonly lambda: FunctionInvoker;
  readonly checkpoints: Checkpoints;
  readonly sendFailure: SendFailure;
  readonly metrics: MappingMetrics;
  readonly clock: Clock;
  /** Batching window as of now. */
  readonly windowMs: () => number;
  /** Pause after a read that found nothing. */
  readonly pollIntervalMs: number;
  /** No more is read of a shard while lanes that fail hold back so much of it. */
  readonly readAheadBytesMax: number;
  /** Whether pieces of a batch that are given up side by side are told of in one message. */
  readonly mergesDiscards: boolean;
  readonly backOff: BackOff;
  /** Aborted when the mapping is to stop: no new read, no new invocation. */
  readonly signal: AbortSignal;
  /** Takes what is shown as the mapping's last result. */
  readonly processed: (result: string) => void;
  readonly log: (line: string) => void;
}

/** What the lanes of one shard share. */
export interface ShardRun extends MappingRun {
  readonly shardId: string;
  readonly hashKeyRange: HashRange;
  readonly progress: Progress;
  /** The tumbling window that has been begun; lanes change it as they go. */
  window: OpenWindow | undefined;
}
