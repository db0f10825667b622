import type { Query } from '../query.ts';

export const q6: Query = {
  name: 'q6',
  asks: 'The average price of the last ten auctions of each seller, whenever one with a bid expires.',
  sql: `
SELECT seller, id, avg(final) OVER (PARTITION BY seller ORDER BY expires, id ROWS 9 PRECEDING) AS average
FROM (
  SELECT a.seller, a.id, a.expires, max(b.price) AS final
  FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
  GROUP BY ALL
)`,
};
