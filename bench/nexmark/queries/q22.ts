import * as z from 'zod';
import { from, lake } from '../../../core/pipeline/index.ts';
import { Bid } from '../events.ts';
import { query } from '../query.ts';

const { auction, bidder, price, channel } = Bid.schema.shape;
const Folders = z.object({ auction, bidder, price, channel, dir1: z.string(), dir2: z.string(), dir3: z.string() });

export const q22 = query({
  name: 'q22',
  asks: "Every bid with the folders of its channel's address.",
  output: from(Bid)
    .map('q22-folders', ({ auction, bidder, price, channel, url }) => {
      const [, , , dir1 = '', dir2 = '', dir3 = ''] = url.split('/');
      return { auction, bidder, price, channel, dir1, dir2, dir3 };
    })
    .to(lake('q22', { schema: Folders })),
  sql: `
SELECT auction, bidder, price, channel,
  split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2, split_part(url, '/', 6) AS dir3
FROM bid`,
});
