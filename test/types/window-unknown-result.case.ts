// error: Property 'm' does not exist on type 'ResultsOf
import { count, global } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.window('all', { over: global(), aggregate: { n: count() }, emit: { when: ({ m }) => m > 3 } });
