// error: Property 'statuss' does not exist on type .* Did you mean 'status'\?
import { hits } from './fixture.ts';

hits.filter('errors', (hit) => hit.statuss >= 400);
