import * as z from 'zod';
import type { Aggregates } from '../../core/aggregates/index.ts';
import {
  average,
  collect,
  count,
  countIf,
  distinctCount,
  first,
  lake,
  latest,
  max,
  min,
  minutes,
  mostFrequent,
  type Plan,
  pipeline,
  quantiles,
  reduce,
  stddev,
  sum,
  top,
  tumbling,
  variance,
} from '../../core/pipeline/index.ts';
import { type ItemData, items } from './items.ts';

/** Windows of five minutes with the aggregates' results; `late` for what comes too late. */
function aggregating<Named extends Aggregates<ItemData>>(aggregate: Named, shape: z.core.$ZodShape): Plan {
  const { closed, late } = items.window('windows', { over: tumbling(minutes(5)), aggregate });
  const schema = z.object({ key: z.string(), start: z.iso.datetime(), ...shape });
  const rows = closed.map('row', (row) => row as never); // the shape is of any aggregates
  return pipeline('aggregates', [rows.to(lake('closed', { schema })), late.to(lake('late'))], {
    outOfOrderness: minutes(1),
  });
}

/** By name, what is made of windows of five minutes, the events being up to a minute out of order. */
export const AGGREGATES: Readonly<Record<string, Plan>> = {
  counts: aggregating(
    {
      items: count(),
      large: countIf(({ value }) => value >= 10),
      texts: distinctCount('text'),
      estimated: distinctCount('text', { exactUpTo: 1 }),
      frequent: mostFrequent('text', { n: 2, exactUpTo: 3 }),
    },
    {
      items: z.int(),
      large: z.int(),
      texts: z.int(),
      estimated: z.int(),
      frequent: z.array(z.object({ value: z.string(), count: z.int(), missed: z.int() })),
    },
  ),
  numbers: aggregating(
    { total: sum('value'), average: average('value'), least: min('value'), greatest: max('value') },
    { total: z.number(), average: z.number(), least: z.number(), greatest: z.number() },
  ),
  texts: aggregating({ least: min('text'), greatest: max('text') }, { least: z.string(), greatest: z.string() }),
  spread: aggregating(
    {
      variance: variance('value'),
      deviation: stddev('value'),
      at: quantiles('value', { least: 0, median: 0.5, p90: 0.9, greatest: 1 }),
    },
    {
      variance: z.number(),
      deviation: z.number(),
      at: z.object({ least: z.number(), median: z.number(), p90: z.number(), greatest: z.number() }),
    },
  ),
  ends: aggregating(
    {
      first: first('text'),
      last: latest('text'),
      earliest: collect('value', { first: 2 }),
      newest: collect('value', { latest: 2 }),
      greatest: top('text', { n: 2, by: 'value' }),
    },
    {
      first: z.string(),
      last: z.string(),
      earliest: z.array(z.number()),
      newest: z.array(z.number()),
      greatest: z.array(z.object({ value: z.string(), by: z.number() })),
    },
  ),
  reduced: aggregating(
    { texts: reduce('joined', { of: ({ text }) => text, merge: (left, right) => `${left}${right}` }) },
    { texts: z.string() },
  ),
};
