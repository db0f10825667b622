/** Quotas of AWS Lambda that hold here too (AWS Lambda Developer Guide, "Lambda quotas"). */

/** Request of a synchronous invocation: 6 MB. */
export const REQUEST_BYTES_MAX = 6 * 1024 * 1024;
/** Response of a synchronous invocation, as Lambda's own error message states it: 6 MB and a little. */
export const RESPONSE_BYTES_MAX = REQUEST_BYTES_MAX + 100;
export const TIMEOUT_SECONDS_MAX = 900;
export const TIMEOUT_SECONDS_DEFAULT = 3;
export const MEMORY_MB_MIN = 128;
export const MEMORY_MB_MAX = 10_240;
/** All environment variables of a function, as JSON. */
export const ENVIRONMENT_BYTES_MAX = 4 * 1024;
/** The INIT phase. A slower one is begun anew within the first invocation, so it gets the function's timeout on top. */
export const INIT_MS_MAX = 10_000;
/** AWS's default is 1,000 environments in a region; on one machine that many processes would end the machine. */
export const CONCURRENCY_MAX = 64;
/** Longest log event; a longer line is cut. */
export const LOG_LINE_CHARS_MAX = 1024 * 1024;
