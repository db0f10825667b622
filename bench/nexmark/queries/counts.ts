import * as z from 'zod';
import type { DataOf } from '../../../core/event/index.ts';
import { count, countIf, distinctCount, when } from '../../../core/pipeline/index.ts';
import type { Bid } from '../events.ts';
import { isHigh, isLow, isMiddle } from './levels.ts';

/** There are fewer in a day, so that counts are exact. */
const MOST = { exactUpTo: 2_000 };

const bidders = distinctCount<DataOf<typeof Bid>>('bidder', MOST);
const auctions = distinctCount<DataOf<typeof Bid>>('auction', MOST);

/** How many bids, bidders and auctions there are, in all and by level of price. */
export const counts = {
  bids: count(),
  lowBids: countIf(isLow),
  middleBids: countIf(isMiddle),
  highBids: countIf(isHigh),
  bidders,
  lowBidders: when(isLow, bidders, { none: 0 }),
  middleBidders: when(isMiddle, bidders, { none: 0 }),
  highBidders: when(isHigh, bidders, { none: 0 }),
  auctions,
  lowAuctions: when(isLow, auctions, { none: 0 }),
  middleAuctions: when(isMiddle, auctions, { none: 0 }),
  highAuctions: when(isHigh, auctions, { none: 0 }),
};

/** Their columns. */
export const COUNTS = {
  bids: z.int(),
  lowBids: z.int(),
  middleBids: z.int(),
  highBids: z.int(),
  bidders: z.int(),
  lowBidders: z.int(),
  middleBidders: z.int(),
  highBidders: z.int(),
  auctions: z.int(),
  lowAuctions: z.int(),
  middleAuctions: z.int(),
  highAuctions: z.int(),
};
