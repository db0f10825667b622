import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from } from '../../core/pipeline/index.ts';

export const schema = z.object({ host: z.string(), at: z.iso.datetime(), status: z.int() });
export const Hit = event('hit', { version: 1, key: 'host', time: 'at', schema });
export const hits = from(Hit);
