// error: Type 'CountingOver' is missing the following properties from type 'TimeOver'
import { count, counting, minutes } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.window('threes', { over: counting(3), grace: minutes(1), aggregate: { n: count() } });
