/** Bounds of an event source mapping for Kinesis (Lambda API reference, CreateEventSourceMapping). */

export const BATCH_SIZE_DEFAULT = 100;
export const BATCH_SIZE_MAX = 10_000;
export const PARALLELIZATION_FACTOR_MAX = 10;
export const WINDOW_SECONDS_MAX = 300;
export const TUMBLING_SECONDS_MAX = 900;
export const RETRY_ATTEMPTS_MAX = 10_000;
export const RECORD_AGE_SECONDS_MIN = 60;
export const RECORD_AGE_SECONDS_MAX = 604_800;
/** A batch is handed over when its event, as JSON, reaches this size: 6 MB. */
export const EVENT_BYTES_MAX = 6 * 1024 * 1024;
/** Without a quota increase ("Lambda event filtering"). */
export const FILTERS_MAX = 5;
export const PATTERN_CHARS_MAX = 4_096;
