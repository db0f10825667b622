/** Limits of Amazon Data Firehose. Source: its developer guide's page on quotas and its API reference. */

const KIB = 1024;
export const MIB = 1024 * KIB;

/** A record of `PutRecord` and `PutRecordBatch`, before base64. */
export const RECORD_BYTES_MAX = 1_000 * KIB;
export const BATCH_RECORDS_MAX = 500;
export const BATCH_BYTES_MAX = 4 * MIB;

/** What can be raised on request. */
export interface Quotas {
  readonly recordsPerSecond: number;
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Partitions of a stream that wait for delivery. */
  readonly activePartitions: number;
}

/** The defaults of us-east-1. */
export const DEFAULT_QUOTAS: Quotas = {
  recordsPerSecond: 500_000,
  requestsPerSecond: 2_000,
  bytesPerSecond: 5 * MIB,
  activePartitions: 500,
};

/** Calls of each control-plane operation. */
export const CONTROL_CALLS_PER_SECOND = 5;
/** Streams of a region. */
export const STREAMS_MAX = 5_000;

/** Documents that `RecordDeAggregation` takes out of one record. */
export const SUB_RECORDS_MAX = 500;
export const PARTITION_KEYS_MAX = 50;
/** A prefix once its expressions are evaluated, in characters. */
export const PREFIX_LENGTH_MAX = 512;

/** Lambda's synchronous payload: a whole event. */
export const EVENT_BYTES_MAX = 6 * MIB;
/** Invocations under way at once for each shard, or for the direct puts of a stream. */
export const INVOCATIONS_MAX = 5;

/** Longest time Firehose tries to deliver a direct put. */
export const DELIVERY_PATIENCE_MS = 24 * 60 * 60 * 1000;

/** Key of a JSON object in format conversion, in characters. */
export const JSON_KEY_MAX = 262_144;
/** How deep JSON may be nested. Firehose says only that there is a bound; this is that of the parser it was seen to use,
 *  Jackson. */
export const JSON_DEPTH_MAX = 1_000;
