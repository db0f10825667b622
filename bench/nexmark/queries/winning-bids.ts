import type { DataOf } from '../../../core/event/index.ts';
import { days, from, hours } from '../../../core/pipeline/index.ts';
import { Auction, Bid } from '../events.ts';

interface Offer {
  readonly auction: DataOf<typeof Auction>;
  readonly bid: DataOf<typeof Bid>;
}

/** The best offer so far; `id` is in the order in which the bids were made. */
interface Best extends Offer {
  readonly id: string;
}

/** Each auction that got a bid in its time with the highest of them, the earliest of equals: when it has expired. */
export const winningBids = from(Auction)
  .join('q9-bids', from(Bid), {
    // The longest auctions are open for less than ten hours
    within: { before: 0, after: hours(10) },
    how: 'inner',
    with: (auction, bid): Offer => ({ auction, bid }),
  })
  .items.filter('q9-in-time', ({ auction, bid }) => bid.dateTime <= auction.expires)
  .process('q9-best', {
    init: (): Best | null => null,
    on: (best, offer: Offer, { id }) => ({
      state: best && !isBetter({ ...offer, id }, best) ? best : { ...offer, id },
      wakeMs: Date.parse(offer.auction.expires) + 1,
    }),
    onWake: (best) => ({ state: undefined, emit: best ? [{ auction: best.auction, bid: best.bid }] : [] }),
    ttl: days(1),
  });

function isBetter(offer: Best, best: Best): boolean {
  if (offer.bid.price !== best.bid.price) return offer.bid.price > best.bid.price;
  if (offer.bid.dateTime !== best.bid.dateTime) return offer.bid.dateTime < best.bid.dateTime;
  return offer.id < best.id;
}
