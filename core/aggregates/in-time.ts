import type { Json } from '../event/json.ts';
import type { ItemTime } from './aggregate.ts';

/** A value and where its item stands in event time. */
export type Timed = readonly [timeMs: number, id: string, value: Json];

export const timed = ({ timeMs, id }: ItemTime, value: Json): Timed => [timeMs, id, value];

/** Event time, then id, then, for two sources may give the same id, the value itself: nothing is left to arrival. */
export function inTime(left: Timed, right: Timed): number {
  return left[0] - right[0] || inText(left[1], right[1]) || inText(JSON.stringify(left[2]), JSON.stringify(right[2]));
}

/** By UTF-16 code units, the same on every machine. */
export function inText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
