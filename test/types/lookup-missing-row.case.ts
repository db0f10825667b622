// error: 'person' is possibly 'undefined'
import { names, orders } from './joins-fixture.ts';

const people = names.table('people', { change: ({ name }) => ({ upsert: { name } }) });
orders.lookup('named', people, { how: 'left', with: (_, person) => person.name });
