// error: Type '"host"' is not assignable to type '"at"'
import { event } from '../../core/event/index.ts';
import { schema } from './fixture.ts';

event('hit', { version: 1, key: 'host', time: 'host', schema });
