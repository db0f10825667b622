import type { Query } from '../query.ts';

export const q9: Query = {
  name: 'q9',
  asks: 'Each auction with the highest bid it got before it expired, the earliest of equals.',
  sql: `
SELECT a.* EXCLUDE (eventId), b.auction, b.bidder, b.price, b.dateTime AS bidTime, b.extra AS bidExtra
FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime, b.eventId) = 1`,
};
