// error: Property 'ttlMs' is missing in type 'TimeOver' but required in type 'GlobalOver'
import { count, minutes, tumbling } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.window('fives', { over: tumbling(minutes(5)), aggregate: { n: count() }, emit: { items: 3 } });
