// error: Type 'string' is not assignable to type 'number'
import { hits } from './fixture.ts';

hits.process('counted', { init: () => ({ hits: 0 }), on: ({ hits }) => ({ state: { hits: `${hits}` } }) });
