import type { Operations } from '../json-api.ts';
import { invalidArgument } from './limits.ts';
import { oneMoreChange, type StreamMode } from './settings.ts';
import { METRIC_NAMES } from './shapes.ts';
import type { StreamReference, Streams } from './streams.ts';

interface RetentionInput extends StreamReference {
  readonly RetentionPeriodHours: number;
}

interface EncryptionInput extends StreamReference {
  readonly EncryptionType: 'KMS' | 'NONE';
  readonly KeyId: string;
}

interface MonitoringInput extends StreamReference {
  readonly ShardLevelMetrics: readonly string[];
}

interface UpdateStreamModeInput {
  readonly StreamARN: string;
  readonly StreamModeDetails: { readonly StreamMode: StreamMode };
  readonly WarmThroughputMiBps?: number;
}

interface UpdateMaxRecordSizeInput {
  readonly StreamARN?: string;
  readonly MaxRecordSizeInKiB: number;
}

const RETENTION_HOURS_MIN = 24;

/** Operations that change a stream's settings. */
export function settingsOperations(streams: Streams): Operations {
  const setRetention = (input: RetentionInput, direction: 'Increase' | 'Decrease') => {
    const stream = streams.find(input);
    const wanted = input.RetentionPeriodHours;
    const existing = stream.settings.retentionHours;
    if (wanted < RETENTION_HOURS_MIN) {
      throw invalidArgument(
        `Minimum allowed retention period is ${RETENTION_HOURS_MIN} hours. Requested retention period (${wanted} hours) is too short.`,
      );
    }
    if (direction === 'Increase' ? wanted < existing : wanted > existing) {
      const [what, other] = direction === 'Increase' ? ['shorter', 'Decrease'] : ['longer', 'Increase'];
      throw invalidArgument(
        `Requested retention period (${wanted} hours) for stream ${stream.name} can not be ${what} than existing retention period (${existing} hours). Use ${other}RetentionPeriod API.`,
      );
    }
    streams.configure(stream, { retentionHours: wanted });
  };

  const encrypt = (input: EncryptionInput, encryptionKeyId: string | undefined) => {
    const stream = streams.find(input);
    if (input.EncryptionType !== 'KMS') throw invalidArgument('EncryptionType must be KMS.');
    const changes = oneMoreChange(stream.settings, stream.name, 'encryption', streams.now());
    streams.configure(stream, { encryptionKeyId, changes });
  };

  const monitor = (input: MonitoringInput, change: (now: readonly string[], named: readonly string[]) => string[]) => {
    const stream = streams.find(input);
    const named = input.ShardLevelMetrics.includes('ALL') ? METRIC_NAMES : input.ShardLevelMetrics;
    const { shardMetrics } = stream.settings;
    const desired = change(shardMetrics, named);
    streams.configure(stream, { shardMetrics: desired });
    return {
      StreamName: stream.name,
      StreamARN: stream.arn,
      CurrentShardLevelMetrics: shardMetrics,
      DesiredShardLevelMetrics: desired,
    };
  };

  return {
    IncreaseStreamRetentionPeriod: (input: RetentionInput) => setRetention(input, 'Increase'),
    DecreaseStreamRetentionPeriod: (input: RetentionInput) => setRetention(input, 'Decrease'),
    StartStreamEncryption: (input: EncryptionInput) => encrypt(input, input.KeyId),
    StopStreamEncryption: (input: EncryptionInput) => encrypt(input, undefined),
    EnableEnhancedMonitoring: (input: MonitoringInput) =>
      monitor(input, (now, named) => [...new Set([...now, ...named])]),
    DisableEnhancedMonitoring: (input: MonitoringInput) =>
      monitor(input, (now, named) => now.filter((metric) => !named.includes(metric))),

    UpdateStreamMode(input: UpdateStreamModeInput) {
      const stream = streams.find({ StreamARN: input.StreamARN });
      if (input.WarmThroughputMiBps !== undefined) throw invalidArgument('WarmThroughputMiBps is not emulated.');
      const { StreamMode: mode } = input.StreamModeDetails;
      const changes = oneMoreChange(stream.settings, stream.name, 'mode', streams.now());
      streams.configure(stream, { mode, changes });
    },

    UpdateMaxRecordSize(input: UpdateMaxRecordSizeInput) {
      streams.configure(streams.find({ StreamARN: input.StreamARN }), { maxRecordKiB: input.MaxRecordSizeInKiB });
    },
  };
}
