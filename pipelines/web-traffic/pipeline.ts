import * as z from 'zod';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { PageRequest } from './events.ts';
import { queries } from './queries.ts';

const requests = from(PageRequest);

const PageView = z.object({ host: z.string(), page: z.string(), section: z.string(), bytes: z.int() });

const views = requests
  .filter('pages', (request) => request.method === 'GET' && request.status < 300 && /(\/|\.html?)$/.test(request.url))
  .map('page-view', ({ host, url, bytes }) => ({ host, page: url, section: url.split('/')[1] || 'home', bytes }));

/** Every request of a web server, and the pages people read. */
export const webTraffic = pipeline(
  'web-traffic',
  [
    requests.to(lake('page_requests', { description: 'Every request, as it came' })),
    views.to(
      lake('page_views', {
        description: 'Pages read: successful requests of HTML, without images and the like',
        schema: PageView,
        partition: { by: 'event-day', since: '1995-01-01' },
      }),
    ),
  ],
  { description: 'HTTP requests of a web server', queries },
);
