// fine: the state's type comes from init, the results' from what is emitted
import * as z from 'zod';
import { days, lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

const counted = hits.process('counted', {
  ttl: days(1),
  init: (key) => ({ key, hits: 0 }),
  on: ({ key, hits }, { status }, { timeMs }) => ({
    state: { key, hits: hits + 1 },
    emit: [{ host: key, hits, status }],
    wakeMs: timeMs + days(1),
  }),
  onWake: ({ hits }, { key, wakeMs }) => ({ state: undefined, emit: [{ host: key, hits, status: wakeMs }] }),
});
counted.to(lake('counted', { schema: z.object({ host: z.string(), hits: z.int(), status: z.number() }) }));
