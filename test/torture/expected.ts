const REQUESTS = `
SELECT ${eventColumns()}, data.host AS host, ${time('data."at"')} AS at, data.method AS method, data.url AS url,
  CAST(data.status AS VARCHAR) AS status, CAST(data.bytes AS VARCHAR) AS bytes
FROM events`;

const section = "CASE split_part(data.url, '/', 2) WHEN '' THEN 'home' ELSE split_part(data.url, '/', 2) END";
const told = 'ended + INTERVAL 40 MINUTE + INTERVAL 1 MILLISECOND';

/** What the views of the lake must show, as SQL of DuckDB over the events that were put: `events` with the columns of a
 *  CloudEvent, the last in event time the last in each shard. Written by hand from what the pipeline is meant to do, not by
 *  its code. Every column as text. */
export const EXPECTED: Readonly<Record<string, string>> = {
  page_requests: REQUESTS,
  page_views: `
SELECT ${eventColumns()}, data.host AS host, data.url AS page,
  ${section} AS section,
  CAST(data.bytes AS VARCHAR) AS bytes, strftime(data."at", '%Y-%m-%d') AS event_day
FROM events
WHERE ${isPage()}`,
  // Gaps and islands: a request more than half an hour after all before it of its host begins a visit. A visit is told
  // when event time has passed that half hour and ten minutes more.
  visits: `
WITH gaps AS (
  SELECT *, data."at" - lag(data."at") OVER (PARTITION BY data.host ORDER BY data."at") > INTERVAL 30 MINUTE AS is_after
  FROM events
), numbered AS (
  SELECT *, count(*) FILTER (is_after) OVER (PARTITION BY data.host ORDER BY data."at") AS visit FROM gaps
), whole AS (
  SELECT data.host AS host, min(data."at") AS began, max(data."at") AS ended,
    first(data.url ORDER BY data."at", id) AS entry, count(*) AS requests, count(*) FILTER (${isPage()}) AS pages,
    sum(data.bytes) AS bytes
  FROM numbered GROUP BY data.host, visit
)
SELECT 'session/' || epoch_ms(${told}) || '/' || host || '.0' AS event_id,
  '/millrace/web-traffic' AS event_source, ${time('ended + INTERVAL 30 MINUTE - INTERVAL 1 MILLISECOND')} AS event_time,
  host, ${time('began')} AS began, ${time('ended')} AS ended, entry, CAST(requests AS VARCHAR) AS requests,
  CAST(pages AS VARCHAR) AS pages, CAST(bytes AS VARCHAR) AS bytes
FROM whole WHERE ${told} <= ${watermark()}`,
  section_traffic: `
WITH whole AS (
  SELECT ${section} AS section, time_bucket(INTERVAL 5 MINUTE, data."at") AS began, count(*) AS requests,
    count(*) FILTER (data.status >= 400) AS errors, count(DISTINCT data.host) AS hosts, sum(data.bytes) AS bytes
  FROM events GROUP BY ALL
)
SELECT 'section-traffic/' || epoch_ms(began + INTERVAL 5 MINUTE) || '/' || section || '.0' AS event_id,
  '/millrace/web-traffic-hop-1' AS event_source,
  ${time('began + INTERVAL 5 MINUTE - INTERVAL 1 MILLISECOND')} AS event_time, section, ${time('began')} AS began,
  CAST(requests AS VARCHAR) AS requests, CAST(errors AS VARCHAR) AS errors, CAST(hosts AS VARCHAR) AS hosts,
  CAST(bytes AS VARCHAR) AS bytes
FROM whole WHERE began + INTERVAL 5 MINUTE <= ${watermark()}`,
  late_requests: `${REQUESTS} WHERE false`,
};

/** DuckDB's types of the events' columns. */
export const EVENT_COLUMNS = {
  id: 'VARCHAR',
  source: 'VARCHAR',
  data: 'STRUCT(host VARCHAR, "at" TIMESTAMP, method VARCHAR, url VARCHAR, status BIGINT, bytes BIGINT)',
};

function eventColumns(): string {
  return `id AS event_id, source AS event_source, ${time('data."at"')} AS event_time`;
}

function isPage(): string {
  const ending = ['/', '.html', '.htm'].map((each) => `ends_with(data.url, '${each}')`).join(' OR ');
  return `data.method = 'GET' AND data.status < 300 AND (${ending})`;
}

/** How far event time has come in the end: it stays ten minutes behind. */
function watermark(): string {
  return '(SELECT max(data."at") FROM events) - INTERVAL 10 MINUTE';
}

/** As Athena prints a timestamp. */
function time(column: string): string {
  return `strftime(${column}, '%Y-%m-%d %H:%M:%S.%g')`;
}
