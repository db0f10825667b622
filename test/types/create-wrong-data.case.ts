// error: Type 'string' is not assignable to type 'number'
import { createEvent } from '../../core/event/index.ts';
import { Hit } from './fixture.ts';

createEvent(Hit, { id: '1', source: '/www', data: { host: 'a', at: '2026-11-21T00:00:00Z', status: '200' } });
