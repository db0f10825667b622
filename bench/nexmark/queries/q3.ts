import type { Query } from '../query.ts';

export const q3: Query = {
  name: 'q3',
  asks: 'Who sells in Oregon, Idaho or California in category 10, and in which auctions.',
  sql: `
SELECT p.name, p.city, p.state, a.id
FROM auction AS a JOIN person AS p ON a.seller = p.id
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
};
