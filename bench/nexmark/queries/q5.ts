import * as z from 'zod';
import { count, from, hopping, hours, lake, minutes, top, tumbling } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

const Hot = z.object({ start: z.iso.datetime(), auction: z.string(), bids: z.int() });

export const q5 = query({
  name: 'q5',
  asks: 'Which auctions got most bids in the last hour, every ten minutes.',
  output: from(Bid)
    .window('q5-counts', { over: hopping(hours(1), minutes(10)), aggregate: { bids: count() } })
    .closed.rekey('q5-all', () => 'all')
    // Each hour has ended within ten minutes of its own
    .window('q5-hottest', {
      over: tumbling(minutes(10)),
      aggregate: { most: top(({ start, key }) => ({ start, auction: key }), { n: 1, by: 'bids', ties: true }) },
    })
    .closed.flatMap('q5-rows', ({ most }) => most.map(({ value, by }) => ({ ...value, bids: by })))
    .to(lake('q5', { schema: Hot })),
  sql: `
SELECT start, auction, count(*) AS bids
FROM (
  SELECT auction, time_bucket(INTERVAL 10 MINUTES, dateTime) - earlier * INTERVAL 10 MINUTES AS start
  FROM bid, range(6) AS hops(earlier)
)
GROUP BY start, auction
QUALIFY bids = max(bids) OVER (PARTITION BY start)`,
});
