// error: Type 'number' is not assignable to type 'string'
import { hits } from './fixture.ts';

hits.rekey('by-status', ({ status }) => status);
