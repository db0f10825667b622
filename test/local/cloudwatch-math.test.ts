import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../local/services/cloudwatch/math/evaluate.ts';
import { parse } from '../../local/services/cloudwatch/math/parse.ts';
import { isSeries, type Series, type Value } from '../../local/services/cloudwatch/math/value.ts';

const _ = undefined;
const MINUTE = 60_000;

/** A series of five minutes. */
function series(label: string, ...values: readonly (number | undefined)[]): Series {
  const points = values.flatMap((value, i) => (value === undefined ? [] : [[i * MINUTE, value] as const]));
  return { label, periodMs: MINUTE, fromMs: 0, toMs: 5 * MINUTE, points: new Map(points) };
}

const SERIES: Readonly<Record<string, Series>> = {
  metric1: series('metric1', 30, 20, 0, 0),
  metric2: series('metric2', 20, _, 20, _),
  when: series('when', 1, 1, 0, 0, _),
  yes: series('yes', 30, _, 0, 0, 30),
  no: series('no', 0, 0, 20, _, 20),
  a: series('a', 1, 2, 3, 4, 5),
  b: series('b', 10, _, 30, _, 50),
  none: series('none'),
};

function run(text: string): Value {
  return evaluate(parse(text), {
    query: (id) => SERIES[id] as Series,
    metrics: (part) => Object.entries(SERIES).flatMap(([id, each]) => (id.includes(part) ? [each] : [])),
  });
}

function shown(value: Value): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (!isSeries(value)) return value;
  return Array.from({ length: 5 }, (_each, i) => value.points.get(i * MINUTE));
}

describe('metric math', () => {
  it.each<[string, unknown]>([
    // The examples of the CloudWatch User Guide.
    ['metric1 < metric2', [0, 0, 1, 0, _]],
    ['metric1 >= 30', [1, 0, 0, 0, _]],
    ['metric1 > 15 AND metric2 > 15', [1, 0, 0, 0, _]],
    ['IF(when, yes, no)', [30, 0, 20, _, _]],
    ['IF(when, 5, no)', [5, 5, 20, _, _]],
    ['IF(when, yes, 5)', [30, 0, 5, 5, _]],
    ['IF(1 > 0, yes, no)', [30, _, 0, 0, 30]],
    ['IF(when, 7)', [7, 7, _, _, _]],
    // Arithmetic: missing counts as 0, a division by zero leaves no data point.
    ['a + b', [11, 2, 33, 4, 55]],
    ['a / b', [0.1, _, 0.1, _, 0.1]],
    ['100 * a / (a + b)', [100 / 11, 100, 300 / 33, 100, 500 / 55]],
    ['none * 2', [_, _, _, _, _]],
    ['-a ^ 2', [-1, -4, -9, -16, -25]],
    ['2 ^ 3 ^ 2 - 512 + a - 1 - 1', [-1, 0, 1, 2, 3]],
    ['a * 0 + (1 + 2 * 3 == 7 || 1 / 0)', [1, 1, 1, 1, 1]],
    // Lists.
    [
      '[a, b] * 2',
      [
        [2, 4, 6, 8, 10],
        [20, _, 60, _, 100],
      ],
    ],
    ['SUM([a, b])', [11, 2, 33, 4, 55]],
    ['AVG([a, b])', [5.5, 1, 16.5, 2, 27.5]],
    ['MAX([a, b])', [10, 2, 30, 4, 50]],
    ['MIN(METRICS("metric"))', [20, 20, 0, 0, _]],
    ['METRIC_COUNT(METRICS()) + a * 0', [8, 8, 8, 8, 8]],
    ['a / MAX(a)', [0.2, 0.4, 0.6, 0.8, 1]],
    ['a - AVG(b)', [-29, -28, -27, -26, -25]],
    ['STDDEV([a, a * 3])', [1, 2, 3, 4, 5]],
    ['FIRST(SORT([a, b], SUM, DESC))', [10, _, 30, _, 50]],
    ['LAST(SORT([b, a], AVG, DESC, 1))', [10, _, 30, _, 50]],
    ['SLICE([a, b, none], 1, 2)', [[10, _, 30, _, 50]]],
    ['REMOVE_EMPTY([none, a])', [[1, 2, 3, 4, 5]]],
    // Over time.
    ['RATE(b)', [_, _, 20 / 120, _, 20 / 120]],
    ['DIFF(b)', [_, _, 20, _, 20]],
    ['RUNNING_SUM(a)', [1, 3, 6, 10, 15]],
    ['PERIOD(a) * a', [60, 120, 180, 240, 300]],
    ['FILL(b, 0)', [10, 0, 30, 0, 50]],
    ['FILL(b, a)', [10, 2, 30, 4, 50]],
    ['FILL(b, REPEAT)', [10, 10, 30, 30, 50]],
    ['FILL(b, LINEAR)', [10, 20, 30, 40, 50]],
    ['FILL(none, 1)', [1, 1, 1, 1, 1]],
    ['CEIL(a / 2) - FLOOR(a / 2) + ABS(-a) + LOG10(100)', [4, 4, 6, 6, 8]],
  ])('%s', (text, expected) => {
    expect(shown(run(text))).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ['a +', /expected a value, found its end/],
    ['(a', /expected \), found its end/],
    ['a b', /expected an operator, found b/],
    ['a # b', /cannot be read from "# b"/],
    ['SEARCH("x", "Sum")', /the function SEARCH is not emulated/],
    ['toString(a)', /the function toString is not emulated/],
    ['SUM(a, DESC', /expected \)|expected ,/],
    ['RATE(1)', /RATE takes a time series/],
    ['FIRST(a)', /FIRST takes a list/],
    ['SORT([a], STDDEV, ASC)', /SORT takes a list, one of/],
    ['FILL(b, BEFORE)', /REPEAT or LINEAR/],
    ['[a] + [b]', /two lists/],
    ['[1]', /time series only/],
  ])('refuses %s', (text, message) => {
    expect(() => run(text)).toThrow(message);
  });
});
