import { MathError } from './math-error.ts';
import { isList, isSeries, isWord, type Series, timesOf, type Value, withPoints } from './value.ts';

type MathFunction = (items: readonly Value[]) => Value;
type Reduce = (values: readonly number[]) => number;

const sum: Reduce = (values) => values.reduce((total, value) => total + value, 0);
const average: Reduce = (values) => sum(values) / values.length;
const deviation: Reduce = (values) => {
  const mean = average(values);
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
};
const REDUCERS: Readonly<Record<string, Reduce>> = {
  AVG: average,
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
  STDDEV: deviation,
  SUM: sum,
};

const SORTED_BY = ['AVG', 'MAX', 'MIN', 'SUM'];

/** Functions of metric math by name; METRICS is not among them, since it needs the whole request.
 *  Source: CloudWatch User Guide, functions supported for metric math. */
export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ...Object.fromEntries(Object.entries(REDUCERS).map(([name, reduce]) => [name, reducing(name, reduce)])),
  ABS: pointwise('ABS', Math.abs),
  CEIL: pointwise('CEIL', Math.ceil),
  FLOOR: pointwise('FLOOR', Math.floor),
  LOG: pointwise('LOG', Math.log),
  LOG10: pointwise('LOG10', Math.log10),
  DIFF: serieswise('DIFF', (series) => steps(series, (value, before) => value - before)),
  RATE: serieswise('RATE', (series) => steps(series, (value, before, seconds) => (value - before) / seconds)),
  RUNNING_SUM: serieswise('RUNNING_SUM', runningSum),
  FILL: ([subject, filler]) => serieswise('FILL', (series) => fill(series, filler))([subject ?? []]),
  FIRST: ([list]) => listOf('FIRST', list)[0] ?? [],
  LAST: ([list]) => listOf('LAST', list).at(-1) ?? [],
  IF: ([condition, whenTrue, whenFalse]) => choose(condition, whenTrue, whenFalse),
  METRIC_COUNT: ([list]) => listOf('METRIC_COUNT', list).length,
  PERIOD: ([series]) => seriesOf('PERIOD', series).periodMs / 1000,
  REMOVE_EMPTY: ([list]) => listOf('REMOVE_EMPTY', list).filter(({ points }) => points.size > 0),
  SLICE: ([list, from, to]) => slice(listOf('SLICE', list), from, to),
  SORT: ([list, by, order, limit]) => sort(listOf('SORT', list), by, order, limit),
};

/** Of one series a number, of several a series: at each time over those that have a value, for the average over all. */
function reducing(name: string, reduce: Reduce): MathFunction {
  return ([subject]) => {
    if (subject !== undefined && isSeries(subject)) return reduce([...subject.points.values()]);
    const list = listOf(name, subject);
    if (!list[0]) return [];
    const values = (time: number) => list.map(({ points }) => points.get(time) ?? (name === 'AVG' ? 0 : undefined));
    return withPoints(
      list[0],
      timesOf(list).map((time) => [time, reduce(values(time).filter((value) => value !== undefined))] as const),
    );
  };
}

function serieswise(name: string, change: (series: Series) => Series): MathFunction {
  return ([subject]) => {
    if (subject !== undefined && isList(subject)) return subject.map(change);
    return change(seriesOf(name, subject));
  };
}

function pointwise(name: string, change: (value: number) => number): MathFunction {
  const each = serieswise(name, (series) =>
    withPoints(
      series,
      [...series.points].map(([time, value]) => [time, change(value)] as const),
    ),
  );
  return (items) => (typeof items[0] === 'number' ? change(items[0]) : each(items));
}

function steps(series: Series, change: (value: number, before: number, seconds: number) => number): Series {
  const points = [...series.points];
  return withPoints(
    series,
    points.slice(1).map(([time, value], i) => {
      const [timeBefore, before] = points[i] as (typeof points)[number];
      return [time, change(value, before, (time - timeBefore) / 1000)] as const;
    }),
  );
}

function runningSum(series: Series): Series {
  let total = 0;
  const sums = [...series.points].map(([time, value]) => {
    total += value;
    return [time, total] as const;
  });
  return withPoints(series, sums);
}

/** `filler` is a number, a series, `REPEAT` (the value before) or `LINEAR` (between its neighbours). */
function fill(series: Series, filler: Value | undefined): Series {
  const points: [number, number | undefined][] = [];
  for (let time = series.fromMs; time < series.toMs; time += series.periodMs) {
    points.push([time, series.points.get(time) ?? filling(series, filler, time)]);
  }
  return withPoints(series, points);
}

function filling({ points }: Series, filler: Value | undefined, time: number): number | undefined {
  if (typeof filler === 'number') return filler;
  if (filler !== undefined && isSeries(filler)) return filler.points.get(time);
  const word = filler !== undefined && isWord(filler) ? filler.word : undefined;
  const before = [...points].findLast(([at]) => at < time);
  if (word === 'REPEAT') return before?.[1];
  if (word !== 'LINEAR') throw new MathError('FILL takes a number, a time series, REPEAT or LINEAR to fill with');
  const after = [...points].find(([at]) => at > time);
  if (!before || !after) return undefined;
  return before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]);
}

/** A condition with its own times decides at each of them; missing is 0 when it holds, and no data point when not. */
function choose(condition?: Value, whenTrue?: Value, whenFalse?: Value): Value {
  if (condition === undefined || whenTrue === undefined) throw new MathError('IF takes a condition and a value');
  if (typeof condition === 'number') return (condition === 0 ? whenFalse : whenTrue) ?? [];
  const at = (value: Value | undefined, time: number, missing: number | undefined) => {
    if (value === undefined || typeof value === 'number') return value;
    return seriesOf('IF', value).points.get(time) ?? missing;
  };
  const series = seriesOf('IF', condition);
  return withPoints(
    series,
    [...series.points].map(
      ([time, holds]) => [time, holds === 0 ? at(whenFalse, time, undefined) : at(whenTrue, time, 0)] as const,
    ),
  );
}

function slice(list: readonly Series[], from?: Value, to?: Value): Value {
  const [first, end] = [from, to].map((bound) => (typeof bound === 'number' ? bound : undefined));
  if (first === undefined) throw new MathError('SLICE takes a list and where it begins');
  return list.slice(first, end);
}

function sort(list: readonly Series[], by?: Value, order?: Value, limit?: Value): Value {
  const [name, direction] = [by, order].map((word) => (word !== undefined && isWord(word) ? word.word : ''));
  const reduce = SORTED_BY.includes(name ?? '') ? REDUCERS[name ?? ''] : undefined;
  if (!reduce || (direction !== 'ASC' && direction !== 'DESC'))
    throw new MathError('SORT takes a list, one of AVG, MIN, MAX and SUM, and ASC or DESC');
  const worth = ({ points }: Series) => (points.size === 0 ? 0 : reduce([...points.values()]));
  const sorted = list.toSorted((a, b) => (direction === 'ASC' ? worth(a) - worth(b) : worth(b) - worth(a)));
  return sorted.slice(0, typeof limit === 'number' ? limit : undefined);
}

function seriesOf(name: string, value: Value | undefined): Series {
  if (value !== undefined && isSeries(value)) return value;
  throw new MathError(`${name} takes a time series`);
}

function listOf(name: string, value: Value | undefined): readonly Series[] {
  if (value !== undefined && isList(value)) return value;
  throw new MathError(`${name} takes a list of time series`);
}
