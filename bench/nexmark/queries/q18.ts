import type { Query } from '../query.ts';

export const q18: Query = {
  name: 'q18',
  asks: 'The last bid of each bidder for each auction.',
  sql: `
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM bid
QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, eventId DESC) = 1`,
};
