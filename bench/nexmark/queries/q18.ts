import { days, from, lake, latest, session } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

export const q18 = query({
  name: 'q18',
  asks: 'The last bid of each bidder for each auction.',
  output: from(Bid)
    .rekey('q18-by-both', ({ bidder, auction }) => `${bidder} ${auction}`)
    // An auction is over when nobody has bid for a day
    .window('q18-auctions', { over: session(days(1)), aggregate: { last: latest((bid) => bid) } })
    .closed.map('q18-rows', ({ last }) => last)
    .to(lake('q18', { schema: Bid.schema })),
  sql: `
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM bid
QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, eventId DESC) = 1`,
});
