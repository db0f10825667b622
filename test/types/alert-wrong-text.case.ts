// error: Type 'number' is not assignable to type 'string'
import { alert } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.to(alert('failed', { text: ({ status }) => status }));
