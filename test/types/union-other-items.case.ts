// error: is missing the following properties from type .*: host, at
import { hits } from './fixture.ts';

hits.union('both', [hits.map('status', ({ status }) => ({ status }))]);
