import * as z from 'zod';
import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';
import { euros } from './euros.ts';

const { auction, bidder, dateTime, extra } = Bid.schema.shape;
const Calculated = z.object({
  auction,
  bidder,
  price: z.number(),
  bidTimeType: z.enum(['dayTime', 'nightTime', 'otherTime']),
  dateTime,
  extra,
  letters: z.int(),
});

function timeType(dateTime: string): z.infer<typeof Calculated.shape.bidTimeType> {
  const hour = new Date(dateTime).getUTCHours();
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}

export const q14 = query({
  name: 'q14',
  asks: 'Bids of one to fifty million cents in euros, with the time of day and how often they say c.',
  output: from(Bid)
    .map('q14-in-euros', ({ price, ...bid }) => ({ ...bid, price: euros(price) }))
    .filter('q14-of-some-price', ({ price }) => price > 1_000_000 && price < 50_000_000)
    .map('q14-calculated', ({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price,
      bidTimeType: timeType(dateTime),
      dateTime,
      extra,
      letters: extra.split('c').length - 1,
    }))
    .to(lake('q14', { schema: Calculated })),
  sql: `
SELECT auction, bidder, 0.908 * price AS price,
  CASE
    WHEN hour(dateTime) BETWEEN 8 AND 18 THEN 'dayTime'
    WHEN hour(dateTime) <= 6 OR hour(dateTime) >= 20 THEN 'nightTime'
    ELSE 'otherTime'
  END AS bidTimeType,
  dateTime, extra, length(extra) - length(replace(extra, 'c', '')) AS letters
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`,
});
