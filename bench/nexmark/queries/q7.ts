import * as z from 'zod';
import { from, hours, lake, top, tumbling } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

const { auction, bidder, price, dateTime, extra } = Bid.schema.shape;
const Highest = z.object({ auction, bidder, price, dateTime, extra });

export const q7 = query({
  name: 'q7',
  asks: 'The bids with the highest price of each hour.',
  output: from(Bid)
    .map('q7-bids', ({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }))
    .rekey('q7-all', () => 'all')
    .window('q7-hours', {
      over: tumbling(hours(1)),
      aggregate: { highest: top((bid) => bid, { n: 1, by: 'price', ties: true }) },
    })
    .closed.flatMap('q7-rows', ({ highest }) => highest.map(({ value }) => value))
    .to(lake('q7', { schema: Highest })),
  sql: `
SELECT auction, bidder, price, dateTime, extra
FROM bid
QUALIFY price = max(price) OVER (PARTITION BY time_bucket(INTERVAL 1 HOUR, dateTime))`,
});
