import * as z from 'zod';
import { from, lake, pipeline } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { DISORDER_MS } from '../generator.ts';
import type { Query } from '../query.ts';
import { euros } from './euros.ts';

const InEuros = z.object({ ...Bid.schema.shape, price: z.number() });

export const q1: Query = {
  name: 'q1',
  asks: 'Every bid, with its price in euros.',
  plan: pipeline(
    'nexmark-q1',
    [
      from(Bid)
        .map('in-euros', (bid) => ({ ...bid, price: euros(bid.price) }))
        .to(lake('q1', { schema: InEuros })),
    ],
    { outOfOrderness: DISORDER_MS },
  ),
  sql: 'SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid',
};
