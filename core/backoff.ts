/** How long to wait before another try: exponential with full jitter, so that callers who failed together do not come
 *  back together. `attempt` counts from 0; `random` gives a number from 0 to 1. */
export function backoffMs(attempt: number, random: () => number, baseMs = 50, ceilingMs = 5_000): number {
  return Math.ceil(random() * Math.min(ceilingMs, baseMs * 2 ** attempt));
}
