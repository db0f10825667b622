import * as z from 'zod';
import { average, count, countIf, days, from, lake, max, min, sum, tumbling } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';
import { isHigh, isLow, isMiddle } from './levels.ts';

const Report = z.object({
  auction: z.string(),
  day: z.string(),
  bids: z.int(),
  lowBids: z.int(),
  middleBids: z.int(),
  highBids: z.int(),
  minPrice: z.int(),
  maxPrice: z.int(),
  averagePrice: z.number(),
  sumPrice: z.int(),
});

export const q17 = query({
  name: 'q17',
  asks: 'How many bids of each level of price each auction got each day, and their least, greatest, average and total.',
  output: from(Bid)
    .window('q17-by-day', {
      over: tumbling(days(1)),
      aggregate: {
        bids: count(),
        lowBids: countIf(isLow),
        middleBids: countIf(isMiddle),
        highBids: countIf(isHigh),
        minPrice: min('price'),
        maxPrice: max('price'),
        averagePrice: average('price'),
        sumPrice: sum('price'),
      },
    })
    .closed.map('q17-report', ({ key, start, end, ...report }) => ({
      auction: key,
      day: start.slice(0, 10),
      ...report,
    }))
    .to(lake('q17', { schema: Report })),
  sql: `
SELECT auction, strftime(dateTime, '%Y-%m-%d') AS day, count(*) AS bids,
  count(*) FILTER (price < 10000) AS lowBids,
  count(*) FILTER (price >= 10000 AND price < 1000000) AS middleBids,
  count(*) FILTER (price >= 1000000) AS highBids,
  min(price) AS minPrice, max(price) AS maxPrice, avg(price) AS averagePrice, sum(price) AS sumPrice
FROM bid
GROUP BY ALL`,
});
