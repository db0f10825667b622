import * as z from 'zod';
import { from, hours, lake } from '../../../core/pipeline/index.ts';
import { Auction, Bid } from '../events.ts';
import { query } from '../query.ts';

const { auction, bidder, price, channel, url, dateTime: bidTime, extra: bidExtra } = Bid.schema.shape;
const { dateTime: auctionTime, extra: auctionExtra, id: _, ...about } = Auction.schema.shape;
const Told = z.object({
  ...{ auction, bidder, price, channel, url, bidTime, bidExtra },
  ...{ ...about, auctionTime, auctionExtra },
});

export const q20 = query({
  name: 'q20',
  asks: 'Every bid for an auction of category 10, with all that is known of the auction.',
  output: from(Bid)
    .join(
      'q20-auctions',
      from(Auction).filter('q20-in-category', ({ category }) => category === 10),
      {
        // There are bids for the last hundred auctions, and for the next ten
        within: { before: hours(5), after: hours(1) },
        how: 'inner',
        with: (
          { dateTime: bidTime, extra: bidExtra, ...bid },
          { id: _, dateTime: auctionTime, extra: auctionExtra, ...auction },
        ) => ({ ...auction, ...bid, bidTime, bidExtra, auctionTime, auctionExtra }),
      },
    )
    .items.to(lake('q20', { schema: Told })),
  sql: `
SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime AS bidTime, b.extra AS bidExtra,
  a.itemName, a.description, a.initialBid, a.reserve, a.dateTime AS auctionTime, a.expires, a.seller, a.category,
  a.extra AS auctionExtra
FROM bid AS b JOIN auction AS a ON b.auction = a.id
WHERE a.category = 10`,
});
