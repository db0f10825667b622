// error: is not assignable to
import { stream } from '../../core/pipeline/index.ts';
import { Hit, hits } from './fixture.ts';

hits.map('host', ({ host }) => ({ host })).to(stream('hits', Hit));
