// error: the table's schema does not fit the stream's items in: bytes
import * as z from 'zod';
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits
  .map('host', ({ host }) => ({ host }))
  .to(lake('hosts', { schema: z.object({ host: z.string(), bytes: z.int() }) }));
