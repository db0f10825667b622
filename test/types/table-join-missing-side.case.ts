// error: 'row' is possibly 'undefined'
import { changes, names } from './joins-fixture.ts';

const people = names.table('people', { change: ({ name }) => ({ upsert: { name } }) });
people.join('both', changes.table('rows', {}), { how: 'left', with: (_, row) => row.total });
