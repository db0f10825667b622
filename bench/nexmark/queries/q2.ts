import * as z from 'zod';
import { from, lake, pipeline } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { DISORDER_MS } from '../generator.ts';
import type { Query } from '../query.ts';

export const q2: Query = {
  name: 'q2',
  asks: 'The price of each bid for every 123rd auction.',
  plan: pipeline(
    'nexmark-q2',
    [
      from(Bid)
        .filter('chosen', ({ auction }) => Number(auction) % 123 === 0)
        .map('prices', ({ auction, price }) => ({ auction, price }))
        .to(lake('q2', { schema: z.object({ auction: z.string(), price: z.int() }) })),
    ],
    { outOfOrderness: DISORDER_MS },
  ),
  sql: 'SELECT auction, price FROM bid WHERE auction::BIGINT % 123 = 0',
};
