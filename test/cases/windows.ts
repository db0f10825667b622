import * as z from 'zod';
import {
  calendar,
  count,
  counting,
  global,
  hopping,
  lake,
  minutes,
  type Plan,
  pipeline,
  session,
  sliding,
  sum,
  tumbling,
} from '../../core/pipeline/index.ts';
import type { AsTheyCame, Windows } from '../../core/pipeline/stream.ts';
import { type ItemData, items } from './items.ts';

export const Window = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  items: z.int(),
  total: z.number(),
});
const Version = Window.extend({ revision: z.int() });

/** What the cases' windows come to. */
export const aggregate = { items: count(), total: sum<ItemData>('value') };

type Outputs = Windows<ItemData, AsTheyCame, typeof aggregate>;

/** Each output that is told as a table of its name. */
const plan = ({ closed, results, updates, late }: Outputs, told: readonly string[], outOfOrderness = 0): Plan => {
  const outputs = {
    closed: () => closed.to(lake('closed', { schema: Window })),
    results: () => results.to(lake('results', { schema: Version })),
    updates: () => updates.to(lake('updates', { schema: Version })),
    late: () => late.to(lake('late')),
  };
  const names = Object.keys(outputs) as (keyof typeof outputs)[];
  const all = names.filter((name) => told.includes(name)).map((name) => outputs[name]());
  return pipeline('windows', all, { outOfOrderness });
};

const FINAL = ['closed', 'late'];
const DUE = ['closed', 'results', 'late'];
const ALL = ['closed', 'results', 'updates', 'late'];
const LATE_BY = minutes(5);

const slide = items.window('windows', { over: sliding(minutes(10)), aggregate });
const two = items.window('windows', { over: counting(2, { atMost: minutes(20) }), aggregate });
const over = global({ ttl: minutes(30) });
const above = { when: ({ total }: { readonly total: number }) => total > 10 };

/** By name, what the cases' `pipeline` means. */
export const WINDOWS = {
  tumblingResults: plan(items.window('windows', { over: tumbling(minutes(5)), grace: minutes(2), aggregate }), DUE),
  hoppingResults: plan(
    items.window('windows', { over: hopping(minutes(10), minutes(4)), grace: minutes(2), aggregate }),
    DUE,
  ),
  sessionResults: plan(items.window('windows', { over: session(minutes(10)), grace: minutes(20), aggregate }), DUE),
  calendar: plan(
    items.window('windows', { over: calendar('day', { timeZone: 'Europe/Berlin' }), grace: minutes(1), aggregate }),
    FINAL,
  ),
  sliding: plan(slide, FINAL, LATE_BY),
  slidingVersions: plan(slide, ALL, LATE_BY),
  counting: plan(two, FINAL, LATE_BY),
  countingVersions: plan(two, ALL, LATE_BY),
  globalItems: plan(items.window('windows', { over, aggregate, emit: { items: 2 } }), DUE, LATE_BY),
  globalEvery: plan(items.window('windows', { over, aggregate, emit: { every: minutes(10) } }), DUE, LATE_BY),
  globalEveryPurge: plan(
    items.window('windows', { over, aggregate, emit: { every: minutes(10) }, purge: true }),
    DUE,
    LATE_BY,
  ),
  globalWhen: plan(items.window('windows', { over, aggregate, emit: above }), DUE, LATE_BY),
  globalWhenPurge: plan(items.window('windows', { over, aggregate, emit: above, purge: true }), FINAL, LATE_BY),
};
