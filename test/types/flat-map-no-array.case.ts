// error: Type 'number' is not assignable to type 'readonly .*\[\]'
import { hits } from './fixture.ts';

hits.flatMap('statuses', (hit) => hit.status);
