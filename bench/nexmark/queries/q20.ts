import type { Query } from '../query.ts';

export const q20: Query = {
  name: 'q20',
  asks: 'Every bid for an auction of category 10, with all that is known of the auction.',
  sql: `
SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime AS bidTime, b.extra AS bidExtra,
  a.itemName, a.description, a.initialBid, a.reserve, a.dateTime AS auctionTime, a.expires, a.seller, a.category,
  a.extra AS auctionExtra
FROM bid AS b JOIN auction AS a ON b.auction = a.id
WHERE a.category = 10`,
};
