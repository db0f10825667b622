// error: Type '"status"' is not assignable to type '"(host|at)" \| "(at|host)"'
import { event } from '../../core/event/index.ts';
import { schema } from './fixture.ts';

event('hit', { version: 1, key: 'status', schema });
