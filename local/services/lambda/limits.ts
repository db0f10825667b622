/** Quotas of AWS Lambda that hold here too (AWS Lambda Developer Guide, "Lambda quotas"). */

/** Request of a synchronous invocation: 6 MB. */
export const REQUEST_BYTES_MAX = 6 * 1024 * 1024;
/** Request of an asynchronous invocation: 1 MB. */
export const ASYNC_REQUEST_BYTES_MAX = 1024 * 1024;
/** Response of a synchronous invocation, as Lambda's own error message states it: 6 MB and a little. */
export const RESPONSE_BYTES_MAX = REQUEST_BYTES_MAX + 100;
export const TIMEOUT_SECONDS_MAX = 900;
export const TIMEOUT_SECONDS_DEFAULT = 3;
export const MEMORY_MB_MIN = 128;
export const MEMORY_MB_MAX = 10_240;
/** Memory that goes with a whole CPU. */
export const MB_PER_CPU = 1_769;
/** /tmp. */
export const TMP_MB_MIN = 512;
export const TMP_MB_MAX = 10_240;
/** The code, unpacked: 250 MB. */
export const CODE_BYTES_MAX = 250 * 1024 * 1024;
/** All environment variables of a function, as JSON. */
export const ENVIRONMENT_BYTES_MAX = 4 * 1024;
/** The INIT phase. A slower one is begun anew within the first invocation, in the function's own time. */
export const INIT_MS_MAX = 10_000;
/** Environments at a time in a region. */
export const CONCURRENCY_QUOTA = 1_000;
/** What there is of them here: so many processes at a time would end the machine. */
export const CONCURRENCY_MAX = 64;
/** Longest log event; a longer line is cut. */
export const LOG_LINE_CHARS_MAX = 1024 * 1024;
/** An asynchronous event is tried again after one minute and after two more ("Asynchronous invocation"). */
export const ASYNC_RETRY_MS: readonly number[] = [60_000, 120_000];
/** What could not be run, being throttled, is tried again for six hours, at most so far apart. */
export const ASYNC_AGE_SECONDS_MIN = 60;
export const ASYNC_AGE_SECONDS_MAX = 21_600;
export const ASYNC_THROTTLE_MS_MAX = 300_000;
