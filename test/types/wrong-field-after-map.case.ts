// error: Property 'status' does not exist on type '\{ host: string; \}'
import { hits } from './fixture.ts';

hits.map('host', ({ host }) => ({ host })).filter('errors', (hit) => hit.status >= 400);
