// fine: what comes in order is as it came, and can go to the events' own table
import { lake } from '../../core/pipeline/index.ts';
import { hits } from './fixture.ts';

const { items, late } = hits.inOrder('in-order');
items.to(lake('hits'));
late.to(lake('late'));
