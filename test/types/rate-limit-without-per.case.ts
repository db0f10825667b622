// error: Property 'per' is missing
import { hits } from './fixture.ts';

hits.rateLimit('limit', { atMost: 3 });
