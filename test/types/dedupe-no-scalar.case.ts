// error: Type 'Date' is not assignable to type 'Scalar'
import { days } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.dedupe('by-date', { by: ({ at }) => new Date(at), ttl: days(1) });
