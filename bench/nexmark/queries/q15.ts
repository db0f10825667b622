import * as z from 'zod';
import { days, from, lake, tumbling } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';
import { COUNTS, counts } from './counts.ts';

const Report = z.object({ day: z.string(), ...COUNTS });

export const q15 = query({
  name: 'q15',
  asks: 'How many bids, bidders and auctions there were each day, in all and by level of price.',
  output: from(Bid)
    .rekey('q15-all', () => 'all')
    .window('q15-by-day', { over: tumbling(days(1)), aggregate: counts })
    .closed.map('q15-rows', ({ key, start, end, ...report }) => ({ day: start.slice(0, 10), ...report }))
    .to(lake('q15', { schema: Report })),
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
});
