import type { Query } from '../query.ts';

export const q11: Query = {
  name: 'q11',
  asks: 'How many bids each bidder made in each session, which an hour without a bid ends.',
  sql: `
SELECT bidder, count(*) AS bids, min(dateTime) AS startTime, max(dateTime) + INTERVAL 1 HOUR AS endTime
FROM (
  SELECT bidder, dateTime, count(*) FILTER (isFirst) OVER (PARTITION BY bidder ORDER BY dateTime, eventId) AS session
  FROM (
    SELECT *, coalesce(dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime, eventId) > INTERVAL 1 HOUR, true)
      AS isFirst
    FROM bid
  )
)
GROUP BY bidder, session`,
};
