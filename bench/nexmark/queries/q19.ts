import * as z from 'zod';
import { days, from, lake, pipeline, session, top } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { DISORDER_MS } from '../generator.ts';
import type { Query } from '../query.ts';

const Ranked = z.object({ ...Bid.schema.shape, rank: z.int() });

export const q19: Query = {
  name: 'q19',
  asks: 'The ten highest bids for each auction, the earlier first where prices are the same.',
  plan: pipeline(
    'nexmark-q19',
    [
      from(Bid)
        // An auction is over when nobody has bid for a day
        .window('auctions', { over: session(days(1)), aggregate: { best: top((bid) => bid, { n: 10, by: 'price' }) } })
        .closed.flatMap('ranked', ({ best }) => best.map(({ value }, i) => ({ ...value, rank: i + 1 })))
        .to(lake('q19', { schema: Ranked })),
    ],
    { outOfOrderness: DISORDER_MS },
  ),
  sql: `
SELECT auction, bidder, price, channel, url, dateTime, extra,
  row_number() OVER (PARTITION BY auction ORDER BY price DESC, dateTime, eventId) AS rank
FROM bid
QUALIFY rank <= 10`,
};
