import * as z from 'zod';
import { lake } from '../../../core/pipeline/index.ts';
import { Auction, Bid } from '../events.ts';
import { query } from '../query.ts';
import { winningBids } from './winning-bids.ts';

const { auction, bidder, price, dateTime, extra } = Bid.schema.shape;
const Won = z.object({ ...Auction.schema.shape, auction, bidder, price, bidTime: dateTime, bidExtra: extra });

export const q9 = query({
  name: 'q9',
  asks: 'Each auction with the highest bid it got before it expired, the earliest of equals.',
  output: winningBids
    .map('q9-rows', ({ auction, bid: { dateTime: bidTime, extra: bidExtra, ...bid } }) => ({
      ...auction,
      auction: bid.auction,
      bidder: bid.bidder,
      price: bid.price,
      bidTime,
      bidExtra,
    }))
    .to(lake('q9', { schema: Won })),
  sql: `
SELECT a.* EXCLUDE (eventId), b.auction, b.bidder, b.price, b.dateTime AS bidTime, b.extra AS bidExtra
FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime, b.eventId) = 1`,
});
