import * as z from 'zod';
import { days, from, hours, lake } from '../../../core/pipeline/index.ts';
import { Auction, Person } from '../events.ts';
import { query } from '../query.ts';

const STATES = ['OR', 'ID', 'CA'];

const sellers = from(Person)
  .filter('q3-near', ({ state }) => STATES.includes(state))
  .map('q3-sellers', ({ id, name, city, state }) => ({ id, name, city, state }))
  .rekey('q3-people', ({ id }) => id);

const { name, city, state } = Person.schema.shape;
const Sold = z.object({ name, city, state, id: Auction.schema.shape.id });

export const q3 = query({
  name: 'q3',
  asks: 'Who sells in Oregon, Idaho or California in category 10, and in which auctions.',
  output: from(Auction)
    .filter('q3-in-category', ({ category }) => category === 10)
    .map('q3-auctions', ({ id, seller }) => ({ id, seller }))
    .rekey('q3-by-seller', ({ seller }) => seller)
    .join('q3-sold', sellers, {
      // People sell for some days after they have come, and a little before
      within: { before: days(7), after: hours(2) },
      how: 'inner',
      with: ({ id }, { name, city, state }) => ({ name, city, state, id }),
    })
    .items.to(lake('q3', { schema: Sold })),
  sql: `
SELECT p.name, p.city, p.state, a.id
FROM auction AS a JOIN person AS p ON a.seller = p.id
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
});
