// error: Type '"statuss"' is not assignable to type
import { hits } from './fixture.ts';

hits.changes('status', { of: 'statuss' });
