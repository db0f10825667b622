/** Limits of the AWS services that the stacks have to know. Sources: the services' API references. */

/** Hours Kinesis keeps records: `IncreaseStreamRetentionPeriod`. */
export const RETENTION_HOURS = { min: 24, max: 8_760 } as const;
/** Shards of a provisioned stream; the ceiling is the default quota of the large regions. */
export const SHARDS = { min: 1, max: 20_000 } as const;
/** Longest `MaximumRecordAgeInSeconds` of an event source mapping. */
export const RECORD_AGE_MAX_SECONDS = 604_800;
/** Concurrent batches per shard: `ParallelizationFactor`. */
export const PARALLELIZATION = { min: 1, max: 10 } as const;
/** Firehose's buffering interval: `BufferingHints.IntervalInSeconds`. */
export const BUFFER_SECONDS = { min: 0, max: 900 } as const;
/** Batching window of an event source mapping: `MaximumBatchingWindowInSeconds`. */
export const BATCHING_SECONDS = { min: 0, max: 300 } as const;
/** Shortest interval when Firehose partitions dynamically. */
export const DYNAMIC_BUFFER_MIN_SECONDS = 60;
/** S3 refuses transitions to Standard-IA before an object is this old. */
export const COLDER_AFTER_DAYS = { min: 30, max: 36_500 } as const;
/** Glacier Instant Retrieval takes objects of any age. */
export const ARCHIVE_COLDER_AFTER_DAYS = { min: 1, max: 36_500 } as const;
/** Interval of a schedule by rate: `ScheduleExpression` counts whole minutes. Longer than an hour, windows would close too
 *  late to be of use. */
export const HEARTBEAT_SECONDS = { min: 60, max: 3_600, step: 60 } as const;
/** Athena's `BytesScannedCutoffPerQuery` begins at 10 MB; in whole gigabytes here. */
export const QUERY_GIGABYTES = { min: 1, max: 7_000_000_000 } as const;

export const LAMBDA_NAME_MAX = 64;
export const DELIVERY_STREAM_NAME_MAX = 64;
export const STREAM_NAME_MAX = 128;
export const TOPIC_NAME_MAX = 256;
export const DYNAMO_TABLE_NAME_MAX = 255;
/** Glue: a column's comment, of one line. */
export const COLUMN_COMMENT_MAX = 255;
