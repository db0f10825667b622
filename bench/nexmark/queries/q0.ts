import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

export const q0 = query({
  name: 'q0',
  asks: 'Every bid as it came.',
  output: from(Bid).to(lake('q0')),
  sql: 'SELECT auction, bidder, price, dateTime, extra FROM bid',
});
