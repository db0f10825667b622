import * as z from 'zod';
import { days, from, lake, max, tumbling } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';
import { COUNTS, counts } from './counts.ts';

const Report = z.object({ channel: z.string(), day: z.string(), minute: z.string(), ...COUNTS });

export const q16 = query({
  name: 'q16',
  asks: 'How many bids, bidders and auctions each channel had each day, in all and by level of price, and its last minute.',
  output: from(Bid)
    .rekey('q16-by-channel', ({ channel }) => channel)
    .window('q16-by-day', {
      over: tumbling(days(1)),
      aggregate: { ...counts, minute: max(({ dateTime }) => dateTime.slice(11, 16)) },
    })
    .closed.map('q16-rows', ({ key, start, end, ...report }) => ({ channel: key, day: start.slice(0, 10), ...report }))
    .to(lake('q16', { schema: Report })),
  sql: `
SELECT channel, strftime(dateTime, '%Y-%m-%d') AS day, max(strftime(dateTime, '%H:%M')) AS minute, count(*) AS bids,
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
