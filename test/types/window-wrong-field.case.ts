// error: Argument of type '"statuss"' is not assignable to parameter of type '"status"
import { minutes, sum, tumbling } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.window('errors', { over: tumbling(minutes(5)), aggregate: { total: sum('statuss') } });
