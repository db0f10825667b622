import type { RecordMetric } from '../../service.ts';
import type { Operations } from '../json-api.ts';
import { type DryRunInput, endDryRun } from './dry-run.ts';
import { hashKeyOf } from './hash-key.ts';
import { checkHashKey, checkRecord, checkRecords, type RecordInput } from './limits.ts';
import type { OnDemand } from './on-demand.ts';
import type { Shard } from './shard.ts';
import type { Placed, Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';
import type { Throttles } from './throttles.ts';

interface PutRecordInput extends StreamReference, DryRunInput, RecordInput {
  readonly SequenceNumberForOrdering?: string;
}

interface PutRecordsInput extends StreamReference, DryRunInput {
  readonly Records: readonly RecordInput[];
}

interface PutContext {
  readonly streams: Streams;
  readonly throttles: Throttles;
  readonly onDemand: OnDemand;
  readonly metric: RecordMetric;
}

/** Operations that write records. A record over its shard's limits is refused, those after it may still be taken. */
export function putOperations({ streams, throttles, onDemand, metric }: PutContext): Operations {
  const count = (stream: Stream, name: string, value: number) =>
    metric('AWS/Kinesis', name, { StreamName: stream.name }, value);

  /** Writes what the shards take. For each record in order: its number, or the shard that refused it. */
  const put = (stream: Stream, inputs: readonly RecordInput[], data: readonly Buffer[]) => {
    const nowMs = streams.now();
    for (const cut of onDemand.cuts(stream, nowMs)) {
      streams.change({ type: 'split', name: stream.name, ...cut, atMs: nowMs });
    }
    const shards = inputs.map((input): Shard => {
      const explicit = input.ExplicitHashKey;
      return stream.route(explicit == null ? hashKeyOf(input.PartitionKey) : checkHashKey('ExplicitHashKey', explicit));
    });
    const arrivalMs = stream.arrivalMs(nowMs);
    const placed: Placed[] = [];
    let bytes = 0;
    const isTaken = shards.map((shard, index) => {
      const { PartitionKey: partitionKey } = inputs[index] as RecordInput;
      const blob = data[index] as Buffer;
      const size = blob.length + Buffer.byteLength(partitionKey);
      if (!throttles.takesRecord(shard, size, nowMs)) return false;
      onDemand.wrote(stream, shard, size);
      bytes += blob.length;
      placed.push({ shardIndex: shard.index, partitionKey, data: blob, arrivalMs });
      return true;
    });
    const records = placed.length > 0 ? streams.append(stream, placed) : [];
    count(stream, 'IncomingRecords', records.length);
    count(stream, 'IncomingBytes', bytes);
    const refused = inputs.length - records.length;
    if (refused > 0) count(stream, 'WriteProvisionedThroughputExceeded', refused);
    let next = 0;
    return shards.map((shard, index) => ({ shard, record: isTaken[index] ? records[next++] : undefined }));
  };

  return {
    PutRecord(input: PutRecordInput) {
      const stream = streams.find(input);
      const data = checkRecord('', input, stream.settings.maxRecordKiB * 1024);
      endDryRun(input);
      for (const { shard, record } of put(stream, [input], [data])) {
        if (!record) throw throttles.refusedRecord(stream, shard);
        return { SequenceNumber: record.sequenceNumber, ShardId: shard.id, EncryptionType: encryptionOf(stream) };
      }
    },

    PutRecords(input: PutRecordsInput) {
      const stream = streams.find(input);
      const data = checkRecords(input.Records, stream.settings.maxRecordKiB * 1024);
      endDryRun(input);
      const results = put(stream, input.Records, data);
      return {
        EncryptionType: encryptionOf(stream),
        FailedRecordCount: results.filter(({ record }) => !record).length,
        Records: results.map(({ shard, record }) => {
          if (record) return { SequenceNumber: record.sequenceNumber, ShardId: shard.id };
          const { code, message } = throttles.refusedRecord(stream, shard);
          return { ErrorCode: code, ErrorMessage: message };
        }),
      };
    },
  };
}

/** Told for encrypted records only. */
function encryptionOf({ settings }: Stream): 'KMS' | undefined {
  return settings.encryptionKeyId === undefined ? undefined : 'KMS';
}
