import * as z from 'zod';
import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';
import { euros } from './euros.ts';

const InEuros = z.object({ ...Bid.schema.shape, price: z.number() });

export const q1 = query({
  name: 'q1',
  asks: 'Every bid, with its price in euros.',
  output: from(Bid)
    .map('q1-in-euros', (bid) => ({ ...bid, price: euros(bid.price) }))
    .to(lake('q1', { schema: InEuros })),
  sql: 'SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid',
});
