import * as z from 'zod';
import { event } from '../../core/event/index.ts';

/** One HTTP request as a web server's access log tells it. */
export const PageRequest = event('page.request', {
  version: 1,
  key: 'host',
  time: 'at',
  description: 'One HTTP request answered by the web server',
  schema: z.object({
    host: z.string().max(255),
    at: z.iso.datetime(),
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']),
    url: z.string().max(8192),
    status: z.int().min(100).max(599),
    bytes: z.int().min(0),
  }),
});
