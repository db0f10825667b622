import type { Query } from '../query.ts';

export const q8: Query = {
  name: 'q8',
  asks: 'Who came and opened an auction in the same three hours.',
  sql: `
SELECT DISTINCT p.id, p.name, time_bucket(INTERVAL 3 HOURS, p.dateTime) AS start
FROM person AS p JOIN auction AS a
  ON a.seller = p.id AND time_bucket(INTERVAL 3 HOURS, a.dateTime) = time_bucket(INTERVAL 3 HOURS, p.dateTime)`,
};
