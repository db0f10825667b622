import type { Query } from '../query.ts';

export const q7: Query = {
  name: 'q7',
  asks: 'The bids with the highest price of each hour.',
  sql: `
SELECT auction, bidder, price, dateTime, extra
FROM bid
QUALIFY price = max(price) OVER (PARTITION BY time_bucket(INTERVAL 1 HOUR, dateTime))`,
};
