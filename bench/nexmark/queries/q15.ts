import type { Query } from '../query.ts';

export const q15: Query = {
  name: 'q15',
  asks: 'How many bids, bidders and auctions there were each day, in all and by level of price.',
  sql: `
SELECT strftime(dateTime, '%Y-%m-%d') AS day, count(*) AS bids,
  count(*) FILTER (price < 10000) AS lowBids,
  count(*) FILTER (price >= 10000 AND price < 1000000) AS middleBids,
  count(*) FILTER (price >= 1000000) AS highBids,
  count(DISTINCT bidder) AS bidders,
  count(DISTINCT bidder) FILTER (price < 10000) AS lowBidders,
  count(DISTINCT bidder) FILTER (price >= 10000 AND price < 1000000) AS middleBidders,
  count(DISTINCT bidder) FILTER (price >= 1000000) AS highBidders,
  count(DISTINCT auction) AS auctions,
  count(DISTINCT auction) FILTER (price < 10000) AS lowAuctions,
  count(DISTINCT auction) FILTER (price >= 10000 AND price < 1000000) AS middleAuctions,
  count(DISTINCT auction) FILTER (price >= 1000000) AS highAuctions
FROM bid
GROUP BY ALL`,
};
