// fine: what passes is as it came, and can go to the events' own table
import { days, lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

hits.dedupe('by-field', { by: 'status', ttl: days(1) }).items.to(lake('hits'));
hits.dedupe('by-function', { by: ({ host, status }) => `${host} ${status}`, ttl: days(1) }).late.to(lake('late'));
