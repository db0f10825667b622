import * as z from 'zod';
import { event } from '../../core/event/index.ts';

/** Somebody who sells and bids. */
export const Person = event('nexmark.person', {
  version: 1,
  key: 'id',
  time: 'dateTime',
  schema: z.object({
    id: z.string(),
    name: z.string(),
    emailAddress: z.string(),
    creditCard: z.string(),
    city: z.string(),
    state: z.string(),
    dateTime: z.iso.datetime(),
    extra: z.string(),
  }),
});

/** An item for sale until `expires`. Prices are cents. */
export const Auction = event('nexmark.auction', {
  version: 1,
  key: 'id',
  time: 'dateTime',
  schema: z.object({
    id: z.string(),
    itemName: z.string(),
    description: z.string(),
    initialBid: z.int(),
    reserve: z.int(),
    dateTime: z.iso.datetime(),
    expires: z.iso.datetime(),
    seller: z.string(),
    category: z.int(),
    extra: z.string(),
  }),
});

/** What somebody would pay for an item, in cents. */
export const Bid = event('nexmark.bid', {
  version: 1,
  key: 'auction',
  time: 'dateTime',
  schema: z.object({
    auction: z.string(),
    bidder: z.string(),
    price: z.int(),
    channel: z.string(),
    url: z.string(),
    dateTime: z.iso.datetime(),
    extra: z.string(),
  }),
});
