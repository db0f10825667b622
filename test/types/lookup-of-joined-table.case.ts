// error: Property 'ttlMs' is missing in type 'Table<string>'
import { changes, names, orders } from './joins-fixture.ts';

const people = names.table('people', { change: ({ name }) => ({ upsert: { name } }) });
const both = people.join('both', changes.table('rows', {}), { how: 'inner', with: ({ name }) => name });
orders.lookup('named', both, { how: 'left', with: (_, name) => name });
