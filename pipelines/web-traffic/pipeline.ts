import * as z from 'zod';
import type { DataOf } from '../../core/event/index.ts';
import {
  count,
  countIf,
  first,
  from,
  lake,
  latest,
  minutes,
  pipeline,
  session,
  sum,
} from '../../core/pipeline/index.ts';
import { PageRequest } from './events.ts';
import { queries } from './queries.ts';

const requests = from(PageRequest);

/** What people read, without what a page brings with it, such as images. */
const isPage = ({ method, status, url }: DataOf<typeof PageRequest>) =>
  method === 'GET' && status < 300 && /(\/|\.html?)$/.test(url);

const sectionOf = (url: string) => url.split('/')[1] || 'home';

const PageView = z.object({ host: z.string(), page: z.string(), section: z.string(), bytes: z.int() });

const views = requests
  .filter('pages', isPage)
  .map('page-view', ({ host, url, bytes }) => ({ host, page: url, section: sectionOf(url), bytes }));

const Visit = z.object({
  host: z.string(),
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  entry: z.string(),
  requests: z.int(),
  pages: z.int(),
  bytes: z.int(),
});

const sessions = requests.window('session', {
  over: session(minutes(30)),
  grace: minutes(10),
  aggregate: {
    ended: latest('at'),
    entry: first('url'),
    requests: count(),
    pages: countIf(isPage),
    bytes: sum('bytes'),
  },
});
const visits = sessions.closed.map('visit-row', ({ key, start, ...visit }) => ({ host: key, began: start, ...visit }));

/** Every request of a web server, the pages people read, and their visits. */
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
    visits.to(
      lake('visits', {
        description: 'Requests of a host up to half an hour without any, once that is over',
        schema: Visit,
      }),
    ),
    sessions.late.to(lake('late_requests', { description: 'Requests that came when their visit had been told' })),
  ],
  {
    description: 'HTTP requests of a web server',
    // A day of the past is put at once: hosts fall behind each other by up to ten minutes.
    outOfOrderness: minutes(15),
    queries,
  },
);
