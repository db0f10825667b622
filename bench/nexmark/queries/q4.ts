import type { Query } from '../query.ts';

export const q4: Query = {
  name: 'q4',
  asks: 'The average, by category, of the highest bid that each auction got before it expired.',
  sql: `
SELECT category, avg(final) AS average
FROM (
  SELECT a.id, a.category, max(b.price) AS final
  FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
  GROUP BY ALL
)
GROUP BY category`,
};
