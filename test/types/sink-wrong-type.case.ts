// error: the table's schema does not fit the stream's items in: status
import * as z from 'zod';
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.to(lake('hits', { schema: z.object({ host: z.string(), status: z.string() }) }));
