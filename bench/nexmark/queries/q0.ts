import { from, lake, pipeline } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { DISORDER_MS } from '../generator.ts';
import type { Query } from '../query.ts';

export const q0: Query = {
  name: 'q0',
  asks: 'Every bid as it came.',
  plan: pipeline('nexmark-q0', [from(Bid).to(lake('q0'))], { outOfOrderness: DISORDER_MS }),
  sql: 'SELECT auction, bidder, price, dateTime, extra FROM bid',
};
