import * as z from 'zod';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { PageRequest } from './events.ts';
import { queries } from './queries.ts';

const requests = from(PageRequest);

const PageView = z.object({ host: z.string(), page: z.string(), section: z.string(), bytes: z.int() });

const views = requests
  .filter('pages', (request) => request.method === 'GET' && request.status < 300 && /(\/|\.html?)$/.test(request.url))
  .map('page-view', ({ host, url, bytes }) => ({ host, page: url, section: url.split('/')[1] || 'home', bytes }));

const Visit = z.object({
  host: z.string(),
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  requests: z.int(),
  bytes: z.int(),
});

/** A visit is over when its host has been silent for half an hour; its next request tells. */
const SILENCE_MS = 30 * 60_000;

/** What is known of a host's visit so far; times in milliseconds since 1970. */
interface VisitSoFar {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly requests: number;
  readonly bytes: number;
}

const visits = requests.process('visit', {
  init: (): VisitSoFar => ({ beganMs: 0, endedMs: 0, requests: 0, bytes: 0 }),
  on: (visit, { host, bytes }, { timeMs }) => {
    const first = { beganMs: timeMs, endedMs: timeMs, requests: 1, bytes };
    if (visit.requests === 0) return { state: first };
    if (timeMs - visit.endedMs > SILENCE_MS) return { state: first, emit: [finished(host, visit)] };
    const endedMs = Math.max(visit.endedMs, timeMs);
    return { state: { ...visit, endedMs, requests: visit.requests + 1, bytes: visit.bytes + bytes } };
  },
});

const finished = (host: string, { beganMs, endedMs, requests, bytes }: VisitSoFar): z.input<typeof Visit> => ({
  host,
  began: new Date(beganMs).toISOString(),
  ended: new Date(endedMs).toISOString(),
  requests,
  bytes,
});

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
    visits.to(lake('visits', { description: 'Visits that are over, each with the request after it', schema: Visit })),
  ],
  { description: 'HTTP requests of a web server', queries },
);
