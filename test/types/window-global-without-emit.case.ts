// error: Type 'GlobalOver' is missing the following properties from type 'TimeOver'
import { count, global } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.window('all', { over: global(), aggregate: { n: count() } });
