import * as z from 'zod';
import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

export const q2 = query({
  name: 'q2',
  asks: 'The price of each bid for every 123rd auction.',
  output: from(Bid)
    .filter('q2-chosen', ({ auction }) => Number(auction) % 123 === 0)
    .map('q2-prices', ({ auction, price }) => ({ auction, price }))
    .to(lake('q2', { schema: z.object({ auction: z.string(), price: z.int() }) })),
  sql: 'SELECT auction, price FROM bid WHERE auction::BIGINT % 123 = 0',
});
