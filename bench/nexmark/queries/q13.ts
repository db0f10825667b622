import * as z from 'zod';
import { from, lake, pipeline } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { DISORDER_MS } from '../generator.ts';
import type { Query } from '../query.ts';

/** The side input of the reference: each number below 10,000 and its digits. */
const SIDE_INPUT: ReadonlyMap<number, string> = new Map(Array.from({ length: 10_000 }, (_, key) => [key, String(key)]));

const { auction, bidder, price, dateTime } = Bid.schema.shape;
const Named = z.object({ auction, bidder, price, dateTime, value: z.string() });

export const q13: Query = {
  name: 'q13',
  asks: 'Every bid with what a fixed table says of its auction.',
  plan: pipeline(
    'nexmark-q13',
    [
      from(Bid)
        .flatMap('named', ({ auction, bidder, price, dateTime }) => {
          const value = SIDE_INPUT.get(Number(auction) % 10_000);
          return value === undefined ? [] : [{ auction, bidder, price, dateTime, value }];
        })
        .to(lake('q13', { schema: Named })),
    ],
    { outOfOrderness: DISORDER_MS },
  ),
  sql: `
SELECT auction, bidder, price, dateTime, side.value AS value
FROM bid JOIN (SELECT key, key::VARCHAR AS value FROM range(10000) AS keys(key)) AS side
  ON auction::BIGINT % 10000 = side.key`,
};
