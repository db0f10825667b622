/** What the views of the lake must show, as SQL of DuckDB over the events that were put: `events` with the columns of a
 *  CloudEvent. Written by hand from what the pipeline is meant to do, not by its code. Every column as text. */
export const EXPECTED: Readonly<Record<string, string>> = {
  page_requests: `
SELECT ${eventColumns()}, data.host AS host, ${time('data."at"')} AS at, data.method AS method, data.url AS url,
  CAST(data.status AS VARCHAR) AS status, CAST(data.bytes AS VARCHAR) AS bytes
FROM events`,
  page_views: `
SELECT ${eventColumns()}, data.host AS host, data.url AS page,
  CASE split_part(data.url, '/', 2) WHEN '' THEN 'home' ELSE split_part(data.url, '/', 2) END AS section,
  CAST(data.bytes AS VARCHAR) AS bytes, strftime(data."at", '%Y-%m-%d') AS event_day
FROM events
WHERE data.method = 'GET' AND data.status < 300
  AND (ends_with(data.url, '/') OR ends_with(data.url, '.html') OR ends_with(data.url, '.htm'))`,
  // Gaps and islands: a request that comes more than half an hour after all before it of its host tells of the visit
  // before. Events are in the order in which the producer put them.
  visits: `
WITH reached AS (
  SELECT *, rowid AS place, max(data."at") OVER (PARTITION BY data.host ORDER BY rowid
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
  FROM events
), numbered AS (
  SELECT *, count(*) FILTER (data."at" - latest > INTERVAL 30 MINUTE)
    OVER (PARTITION BY data.host ORDER BY place) AS visit
  FROM reached
), whole AS (
  SELECT data.host AS host, visit, min(data."at") AS began, max(data."at") AS ended, count(*) AS requests,
    sum(data.bytes) AS bytes, arg_min(id, place) AS first_id, arg_min(source, place) AS first_source,
    arg_min(data."at", place) AS first_at
  FROM numbered GROUP BY ALL
)
SELECT after.first_id || '/visit.0' AS event_id, after.first_source AS event_source,
  ${time('after.first_at')} AS event_time, before.host AS host, ${time('before.began')} AS began,
  ${time('before.ended')} AS ended, CAST(before.requests AS VARCHAR) AS requests, CAST(before.bytes AS VARCHAR) AS bytes
FROM whole AS before JOIN whole AS after ON after.host = before.host AND after.visit = before.visit + 1`,
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

/** As Athena prints a timestamp. */
function time(column: string): string {
  return `strftime(${column}, '%Y-%m-%d %H:%M:%S.%g')`;
}
