import type { Query } from '../query.ts';

export const q5: Query = {
  name: 'q5',
  asks: 'Which auctions got most bids in the last hour, every ten minutes.',
  sql: `
SELECT start, auction, count(*) AS bids
FROM (
  SELECT auction, time_bucket(INTERVAL 10 MINUTES, dateTime) - earlier * INTERVAL 10 MINUTES AS start
  FROM bid, range(6) AS hops(earlier)
)
GROUP BY start, auction
QUALIFY bids = max(bids) OVER (PARTITION BY start)`,
};
