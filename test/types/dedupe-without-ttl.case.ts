// error: Property 'ttl' is missing
import { hits } from './fixture.ts';

hits.dedupe('for-ever', { by: 'status' });
