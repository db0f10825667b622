import * as z from 'zod';
import { from, hours, lake } from '../../../core/pipeline/index.ts';
import { Auction, Person } from '../events.ts';
import { query } from '../query.ts';

const WINDOW_MS = hours(3);

/** When the window of a time begins. */
const windowOf = (time: string): string => new Date(Math.floor(Date.parse(time) / WINDOW_MS) * WINDOW_MS).toISOString();

const auctions = from(Auction)
  .map('q8-auctions', ({ seller, dateTime }) => ({ seller, start: windowOf(dateTime) }))
  .rekey('q8-by-seller', ({ seller }) => seller);

const New = z.object({ id: z.string(), name: z.string(), start: z.iso.datetime() });

export const q8 = query({
  name: 'q8',
  asks: 'Who came and opened an auction in the same three hours.',
  output: from(Person)
    .map('q8-newcomers', ({ id, name, dateTime }) => ({ id, name, start: windowOf(dateTime) }))
    .rekey('q8-people', ({ id }) => id)
    .join('q8-near', auctions, {
      within: WINDOW_MS,
      how: 'inner',
      with: (person, auction) => ({ ...person, isSame: person.start === auction.start }),
    })
    .items.filter('q8-same', ({ isSame }) => isSame)
    .dedupe('q8-once', { by: 'start', ttl: WINDOW_MS })
    .items.map('q8-rows', ({ id, name, start }) => ({ id, name, start }))
    .to(lake('q8', { schema: New })),
  sql: `
SELECT DISTINCT p.id, p.name, time_bucket(INTERVAL 3 HOURS, p.dateTime) AS start
FROM person AS p JOIN auction AS a
  ON a.seller = p.id AND time_bucket(INTERVAL 3 HOURS, a.dateTime) = time_bucket(INTERVAL 3 HOURS, p.dateTime)`,
});
