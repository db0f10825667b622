import * as z from 'zod';
import { lake } from '../../../core/pipeline/index.ts';
import { query } from '../query.ts';
import { winningBids } from './winning-bids.ts';

const LAST = 10;

const Average = z.object({ seller: z.string(), id: z.string(), average: z.number() });

export const q6 = query({
  name: 'q6',
  asks: 'The average price of the last ten auctions of each seller, whenever one with a bid expires.',
  output: winningBids
    .map('q6-prices', ({ auction: { id, seller }, bid: { price } }) => ({ id, seller, price }))
    .rekey('q6-by-seller', ({ seller }) => seller)
    // Of those that expire at once the winners' ids decide, which are in the order of the auctions' ids
    .inOrder('q6-in-order')
    .items.process('q6-averages', {
      init: (): readonly number[] => [],
      on: (before, { id, seller, price }) => {
        const prices = [...before, price].slice(-LAST);
        const total = prices.reduce((sum, each) => sum + each);
        return { state: prices, emit: [{ seller, id, average: total / prices.length }] };
      },
    })
    .to(lake('q6', { schema: Average })),
  sql: `
SELECT seller, id, avg(final) OVER (PARTITION BY seller ORDER BY expires, id ROWS 9 PRECEDING) AS average
FROM (
  SELECT a.seller, a.id, a.expires, max(b.price) AS final
  FROM auction AS a JOIN bid AS b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
  GROUP BY ALL
)`,
});
