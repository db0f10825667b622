import * as z from 'zod';
import { count, from, hours, lake, session } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

const Session = z.object({
  bidder: z.string(),
  bids: z.int(),
  startTime: z.iso.datetime(),
  endTime: z.iso.datetime(),
});

export const q11 = query({
  name: 'q11',
  asks: 'How many bids each bidder made in each session, which an hour without a bid ends.',
  output: from(Bid)
    .rekey('q11-by-bidder', ({ bidder }) => bidder)
    .window('q11-sessions', { over: session(hours(1)), aggregate: { bids: count() } })
    .closed.map('q11-rows', ({ key, bids, start, end }) => ({ bidder: key, bids, startTime: start, endTime: end }))
    .to(lake('q11', { schema: Session })),
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
});
