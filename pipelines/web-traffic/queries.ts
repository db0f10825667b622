import type { SavedQuery } from '../../core/pipeline/index.ts';

export const queries: readonly SavedQuery[] = [
  {
    name: 'busiest-pages',
    description: 'The ten pages read most, and by how many hosts',
    sql: `
SELECT page, count(*) AS views, count(DISTINCT host) AS hosts
FROM page_views
GROUP BY page
ORDER BY views DESC, page
LIMIT 10`,
  },
  {
    name: 'errors-by-hour',
    description: 'Requests answered with an error in each hour, and their share',
    sql: `
SELECT date_format(event_time, '%Y-%m-%d %H:00') AS hour,
  count(*) AS requests,
  count_if(status >= 400) AS errors,
  round(1e2 * count_if(status >= 400) / count(*), 2) AS percent
FROM page_requests
GROUP BY 1
ORDER BY 1`,
  },
  {
    name: 'heaviest-hosts',
    description: 'The ten hosts that fetched most, in megabytes',
    sql: `
SELECT host, count(*) AS requests, round(sum(bytes) / 1e6, 1) AS megabytes
FROM page_requests
GROUP BY host
ORDER BY megabytes DESC, host
LIMIT 10`,
  },
];
