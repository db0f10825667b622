import { required, ValidationError } from './errors.ts';
import { type MetricInput, metricOf, periodMsOf, statisticOf } from './input.ts';
import { evaluate } from './math/evaluate.ts';
import { MathError } from './math/math-error.ts';
import { parse } from './math/parse.ts';
import { isList, isSeries, type Series, type Value } from './math/value.ts';
import { type Datapoint, floorTo, type MetricStore } from './metric-store.ts';
import { absorb, copyOf, type Summary } from './summary.ts';

/** A part of GetMetricData's request or of an alarm: a metric, or an expression over others. */
export interface MetricDataQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: MetricInput;
    readonly Period?: number;
    readonly Stat?: string;
    readonly Unit?: string;
  };
  readonly Period?: number;
}

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const ID = /^[a-z]\w{0,254}$/;

/** @throws ServiceError when the queries as such make no sense, or what they ask is not emulated. */
export function checkQueries(queries: readonly MetricDataQuery[]): void {
  const ids = new Set<string>();
  for (const { Id, Expression, MetricStat } of queries) {
    if (!ID.test(required('Id', Id))) throw new ValidationError(`The value ${Id} for parameter Id is not valid`);
    if (ids.has(Id)) throw new ValidationError(`The id ${Id} is used more than once`);
    ids.add(Id);
    if ((Expression === undefined) === (MetricStat === undefined))
      throw new ValidationError(`${Id}: exactly one of Expression and MetricStat is required`);
    if (MetricStat) {
      metricOf(MetricStat.Metric);
      periodMsOf(MetricStat.Period);
      statisticOf(MetricStat.Stat);
    } else inExpression(Id, () => parse(expressionOf(Id, Expression ?? '')));
  }
}

/** SELECT is Metrics Insights, another language. */
function expressionOf(id: string, text: string): string {
  if (/^\s*SELECT\s/i.test(text)) throw new ValidationError(`${id}: Metrics Insights (SELECT) is not emulated`);
  return text;
}

/** What each of these queries gives: a metric one series, an expression one or more. Those that another one needs are
 *  read once. @throws ServiceError */
export function evaluateQueries(store: MetricStore, queries: readonly MetricDataQuery[], range: Range) {
  const done = new Map<string, Value>();
  const underWay = new Set<string>();
  const byId = new Map(queries.map((query) => [query.Id, query]));

  function valueFor(query: MetricDataQuery): Value {
    const known = done.get(query.Id);
    if (known !== undefined) return known;
    if (underWay.has(query.Id)) throw new ValidationError(`The expression ${query.Id} refers to itself`);
    underWay.add(query.Id);
    const value = query.MetricStat ? metricSeries(store, query, range) : expression(query);
    done.set(query.Id, value);
    return value;
  }

  function expression({ Id, Expression = '' }: MetricDataQuery): Value {
    return inExpression(Id, () =>
      evaluate(parse(Expression), {
        query(id) {
          const query = byId.get(id);
          if (query) return valueFor(query);
          throw new MathError(`there is no query ${id}`);
        },
        metrics: (part) =>
          queries.filter((each) => each.MetricStat && each.Id.includes(part)).map((each) => valueFor(each) as Series),
      }),
    );
  }

  return new Map(queries.map((query) => [query.Id, resultOf(query, valueFor(query))]));
}

function resultOf({ Id, Label, Expression }: MetricDataQuery, value: Value): readonly Series[] {
  if (isSeries(value)) return [{ ...value, label: Label ?? (Expression === undefined ? value.label : Id) }];
  if (isList(value)) return value.map((each) => ({ ...each, label: Label ? `${Label} ${each.label}` : each.label }));
  throw new ValidationError(`Error in expression '${Id}': the result is not a time series`);
}

function inExpression<Result>(id: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof MathError) throw new ValidationError(`Error in expression '${id}': ${error.message}`);
    throw error;
  }
}

function metricSeries(store: MetricStore, { MetricStat }: MetricDataQuery, range: Range): Series {
  const { Metric, Period, Stat, Unit } = required('MetricStat', MetricStat);
  const periodMs = periodMsOf(Period);
  const fromMs = roundedStart(range.fromMs, periodMs);
  const statistic = statisticOf(Stat);
  const metric = metricOf(Metric);
  const points = new Map<number, number>();
  for (const [startMs, summary] of joined(store.read(metric, { fromMs, toMs: range.toMs, periodMs, unit: Unit }))) {
    const value = statistic(summary);
    if (value !== undefined) points.set(startMs, value);
  }
  return { label: metric.name, periodMs, fromMs, toMs: range.toMs, points };
}

/** Values of every unit together, as when no unit is asked for. */
function joined(points: readonly Datapoint[]): Map<number, Summary> {
  const all = new Map<number, Summary>();
  for (const { startMs, summary } of points) {
    const before = all.get(startMs);
    if (before) absorb(before, summary);
    else all.set(startMs, copyOf(summary));
  }
  return all;
}

/** Down to the minute; for shorter periods down to their multiple. */
export const roundedStart = (fromMs: number, periodMs: number): number => floorTo(fromMs, Math.min(periodMs, 60_000));
