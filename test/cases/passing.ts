import { lake, minutes, type Plan, pipeline } from '../../core/pipeline/index.ts';
import type { AsTheyCame, InOrder, Limited } from '../../core/pipeline/stream.ts';
import { type ItemData, items } from './items.ts';

/** Some of the items pass, which come up to five minutes out of order: every output is a table of its name. */
const plan = (outputs: InOrder<ItemData, AsTheyCame> | Limited<ItemData, AsTheyCame>): Plan =>
  pipeline(
    'passing',
    Object.entries(outputs).map(([name, stream]) => stream.to(lake(name))),
    { outOfOrderness: minutes(5) },
  );

/** By name, what the cases' `pipeline` means. */
export const PASSING = {
  dedupe: plan(items.dedupe('first', { by: 'value', ttl: minutes(10) })),
  dedupeByFunction: plan(items.dedupe('first', { by: ({ value }) => value % 2 === 0, ttl: minutes(10) })),
  changes: plan(items.changes('changed', { of: 'value', ttl: minutes(10) })),
  /** Of what is above 0; below it there is null, at 0 nothing. */
  changesOfNothing: plan(
    items.changes('changed', { of: ({ value }) => (value > 0 ? value : value < 0 ? null : undefined) }),
  ),
  rateLimit: plan(items.rateLimit('limit', { atMost: 2, per: minutes(10) })),
};
