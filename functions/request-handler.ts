/** A call that hangs must not use up the invocation's time: the SDK gives it up and tries again, three times in all.
 *  Without `throwOnRequestTimeout` it would only warn. */
export const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
