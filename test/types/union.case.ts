// fine: items of one shape, as they came or made by a step
import * as z from 'zod';
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

const same = hits.map('same', (hit) => hit);
hits
  .union('both', [same, hits])
  .map('of-host', ({ host }) => ({ host }))
  .to(lake('hosts', { schema: z.object({ host: z.string() }) }));
