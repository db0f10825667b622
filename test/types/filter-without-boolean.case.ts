// error: Type 'string' is not assignable to type 'boolean'
import { hits } from './fixture.ts';

hits.filter('named', (hit) => hit.host);
