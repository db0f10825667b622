import type { StreamReader } from '../services/kinesis-reader.ts';
import type { FunctionInvoker } from '../services/lambda/lambda.ts';
import type { Checkpoints } from './checkpoint.ts';
import type { Clock } from './clock.ts';
import type { MappingSettings } from './configuration.ts';
import type { PutObject } from './destination.ts';
import type { EventSource } from './event.ts';
import type { MappingMetrics } from './metrics.ts';
import type { BackOff } from './retry.ts';

/** What the pollers of one mapping share. */
export interface MappingRun {
  readonly uuid: string;
  readonly settings: MappingSettings;
  readonly functionArn: string;
  readonly source: EventSource;
  readonly reader: StreamReader;
  readonly lambda: FunctionInvoker;
  readonly checkpoints: Checkpoints;
  readonly putObject: PutObject;
  readonly metrics: MappingMetrics;
  readonly clock: Clock;
  /** Batching window as of now. */
  readonly windowMs: () => number;
  /** Pause after a read that found nothing. */
  readonly pollIntervalMs: number;
  readonly backOff: BackOff;
  /** Aborted when the mapping is to stop: no new read, no new invocation. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}
