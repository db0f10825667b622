// error: a table's rows are objects, and the stream's items are not
import * as z from 'zod';
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.map('host', ({ host }) => host).to(lake('hosts', { schema: z.object({ host: z.string() }) }));
