// fine: what passes and what does not are as they came
import { lake, minutes } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

const limited = hits.rateLimit('limit', { atMost: 3, per: minutes(1) });
limited.items.to(lake('hits'));
limited.over.to(lake('over'));
limited.late.to(lake('late'));
