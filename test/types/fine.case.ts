// fine: each of these compiles
import * as z from 'zod';
import { createEvent, event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { Hit, hits, schema } from './fixture.ts';

export const NoTime = event('plain', { version: 1, key: 'host', schema: z.object({ host: z.enum(['a', 'b']) }) });
export const plan = pipeline('hits', [
  hits.to(lake('hits')),
  hits.to(lake('hits_again', { schema })),
  hits.filter('errors', (hit) => hit.status >= 400).to(lake('errors')),
  hits
    .map('host', ({ host }) => ({ host, extra: 1 }))
    .to(lake('hosts', { schema: z.object({ host: z.string(), maybe: z.optional(z.int()) }) })),
  from(NoTime).to(lake('plain')),
]);
export const hit = createEvent(Hit, {
  id: '1',
  source: '/www',
  data: { host: 'a', at: '2026-11-21T00:00:00Z', status: 200 },
});
