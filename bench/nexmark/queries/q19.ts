import * as z from 'zod';
import { days, from, lake, session, top } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

const Ranked = z.object({ ...Bid.schema.shape, rank: z.int() });

export const q19 = query({
  name: 'q19',
  asks: 'The ten highest bids for each auction, the earlier first where prices are the same.',
  output: from(Bid)
    // An auction is over when nobody has bid for a day
    .window('q19-auctions', { over: session(days(1)), aggregate: { best: top((bid) => bid, { n: 10, by: 'price' }) } })
    .closed.flatMap('q19-ranked', ({ best }) => best.map(({ value }, i) => ({ ...value, rank: i + 1 })))
    .to(lake('q19', { schema: Ranked })),
  sql: `
SELECT auction, bidder, price, channel, url, dateTime, extra,
  row_number() OVER (PARTITION BY auction ORDER BY price DESC, dateTime, eventId) AS rank
FROM bid
QUALIFY rank <= 10`,
});
