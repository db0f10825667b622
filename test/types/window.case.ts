// fine: every kind of window goes to tables of its rows
import * as z from 'zod';
import {
  calendar,
  count,
  counting,
  days,
  global,
  hopping,
  lake,
  max,
  minutes,
  session,
  sliding,
  tumbling,
} from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

const closed = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  n: z.int(),
  worst: z.int(),
});
const version = closed.extend({ revision: z.int() });
const aggregate = { n: count(), worst: max((hit: { readonly status: number }) => hit.status) };

const everyFive = hits.window('every-five', { over: tumbling(minutes(5)), grace: minutes(1), aggregate });
everyFive.closed.to(lake('closed', { schema: closed }));
everyFive.results.to(lake('results', { schema: version }));
everyFive.updates.to(lake('updates', { schema: version }));
everyFive.late.to(lake('late'));

const timeZone = 'Europe/Berlin';
for (const over of [
  hopping(minutes(5), minutes(1)),
  session(minutes(5)),
  calendar('week', { timeZone, offset: days(6) }),
])
  hits.window('w', { over, grace: 1, aggregate });
for (const over of [sliding(minutes(5)), counting(3), counting(3, { atMost: days(1) })])
  hits.window('w', { over, aggregate }).closed.to(lake('closed', { schema: closed }));
for (const emit of [{ items: 3 }, { every: minutes(5) }])
  hits.window('w', { over: global(), aggregate, emit, purge: true }).results.to(lake('results', { schema: version }));
hits.window('w', {
  over: global({ ttl: days(1) }),
  aggregate: { n: count(), worst: max('status') },
  emit: { when: ({ n, worst }) => n > 3 && worst >= 500 },
});
