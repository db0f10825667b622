import type { Dimensions } from './metric-store.ts';

/** Units of PutMetricData. Source: API reference, MetricDatum. */
const SIZES = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'];
const BITS = ['Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'];
const RATES = [...SIZES, ...BITS, 'Count'].map((unit) => `${unit}/Second`);
const TIMES = ['Seconds', 'Microseconds', 'Milliseconds'];
export const UNITS: ReadonlySet<string> = new Set([...TIMES, ...SIZES, ...BITS, 'Percent', 'Count', ...RATES, 'None']);

/** In this order: the first pattern that a metric's name meets says its unit. */
const OF_SERVICES: readonly (readonly [RegExp, string])[] = [
  [/DataFreshness$/, 'Seconds'],
  [/Bytes$|Size$/, 'Bytes'],
  [/Duration$|Age$|AgeMilliseconds$|Latency$|Milliseconds$|MillisBehindLatest$|Time$/, 'Milliseconds'],
];

/** The unit in which AWS publishes a metric of its own services; what a program publishes has none unless it says so. */
export function unitOf(namespace: string, name: string): string {
  if (!namespace.startsWith('AWS/')) return 'None';
  return OF_SERVICES.find(([pattern]) => pattern.test(name))?.[1] ?? 'Count';
}

/** The dimensions under which AWS publishes a value: Lambda's of a function count among those of all functions, too. Its
 *  concurrency is no sum, and comes by itself. */
export function dimensionSets(namespace: string, name: string, dimensions: Dimensions): readonly Dimensions[] {
  const isOfFunction = namespace === 'AWS/Lambda' && Object.hasOwn(dimensions, 'FunctionName');
  return isOfFunction && name !== 'ConcurrentExecutions' ? [dimensions, {}] : [dimensions];
}
