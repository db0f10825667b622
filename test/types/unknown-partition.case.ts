// error: Property 'since' is missing
import { lake } from '../../core/pipeline/index.ts';

lake('hits', { partition: { by: 'event-day' } });
