// error: Type 'number' is not assignable to type 'object'
import { view } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.to(view('last', { row: ({ status }) => status }));
