import { average, global, view } from '../../../core/pipeline/index.ts';
import { query } from '../query.ts';
import { winningBids } from './winning-bids.ts';

export const q4 = query({
  name: 'q4',
  asks: 'The average, by category, of the highest bid that each auction got before it expired.',
  output: winningBids
    .map('q4-prices', ({ auction: { category }, bid: { price } }) => ({ category, price }))
    .rekey('q4-by-category', ({ category }) => String(category))
    .window('q4-averages', { over: global(), emit: { items: 1 }, aggregate: { average: average('price') } })
    .results.to(view('q4', { row: ({ key, average }) => ({ category: Number(key), average }) })),
  sql: `
SELECT category, avg(final) AS average
FROM (
  SELECT a.id, a.category, max(b.price) AS final
  FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
  GROUP BY ALL
)
GROUP BY category`,
});
