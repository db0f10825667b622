import * as z from 'zod';
import type { DataOf } from '../../core/event/index.ts';
import {
  alert,
  count,
  countIf,
  distinctCount,
  first,
  from,
  hours,
  lake,
  latest,
  minutes,
  pipeline,
  session,
  sum,
  tumbling,
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

const Traffic = z.object({
  section: z.string(),
  began: z.iso.datetime(),
  requests: z.int(),
  errors: z.int(),
  hosts: z.int(),
  bytes: z.int(),
});

const sections = requests
  .rekey('by-section', ({ url }) => sectionOf(url))
  .window('section-traffic', {
    over: tumbling(minutes(5)),
    aggregate: {
      requests: count(),
      errors: countIf(({ status }) => status >= 400),
      hosts: distinctCount('host'),
      bytes: sum('bytes'),
    },
  });
const traffic = sections.closed.map('traffic', ({ key, start, ...traffic }) => ({
  section: key,
  began: start,
  ...traffic,
}));
const bursts = traffic.filter('bursts', ({ errors }) => errors >= 10);

/** Every request of a web server, the pages people read, their visits, and how each section of the site does. */
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
    traffic.to(
      lake('section_traffic', {
        description: 'Requests to each section of the site in every five minutes',
        schema: Traffic,
      }),
    ),
    bursts.to(
      alert('error-burst', {
        quiet: hours(1),
        text: ({ section, began, errors, requests }) =>
          `/${section}: ${errors} of ${requests} requests failed in the five minutes from ${began}`,
      }),
    ),
    sessions.late.to(lake('late_requests', { description: 'Requests that came when their visit had been told' })),
  ],
  {
    description: 'HTTP requests of a web server',
    // Where a day is put at once, hosts with many requests fall behind the others.
    outOfOrderness: minutes(10),
    queries,
  },
);
