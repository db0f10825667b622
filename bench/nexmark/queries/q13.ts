import * as z from 'zod';
import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

/** The side input of the reference: each number below 10,000 and its digits. */
const SIDE_INPUT: ReadonlyMap<number, string> = new Map(Array.from({ length: 10_000 }, (_, key) => [key, String(key)]));

const { auction, bidder, price, dateTime } = Bid.schema.shape;
const Named = z.object({ auction, bidder, price, dateTime, value: z.string() });

export const q13 = query({
  name: 'q13',
  asks: 'Every bid with what a fixed table says of its auction.',
  output: from(Bid)
    .flatMap('q13-named', ({ auction, bidder, price, dateTime }) => {
      const value = SIDE_INPUT.get(Number(auction) % 10_000);
      return value === undefined ? [] : [{ auction, bidder, price, dateTime, value }];
    })
    .to(lake('q13', { schema: Named })),
  sql: `
SELECT auction, bidder, price, dateTime, side.value AS value
FROM bid JOIN (SELECT key, key::VARCHAR AS value FROM range(10000) AS keys(key)) AS side
  ON auction::BIGINT % 10000 = side.key`,
});
