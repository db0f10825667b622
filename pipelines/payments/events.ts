import * as z from 'zod';
import { event } from '../../core/event/index.ts';

/** One attempt to pay by card, as the bank that issued the card sees it. */
export const Payment = event('card.payment', {
  version: 1,
  key: 'card',
  time: 'at',
  description: 'One authorisation of a card payment, approved or declined',
  schema: z.object({
    /** What stands for the card's number. */
    card: z.string().max(32),
    at: z.iso.datetime(),
    amountCents: z.int().min(0),
    currency: z.enum(['CHF', 'EUR', 'GBP', 'USD']),
    merchant: z.string().max(64),
    merchantCategory: z.string().max(32),
    /** Whether the card itself was there; if not, the place is the merchant's seat. */
    channel: z.enum(['present', 'online']),
    country: z.string().length(2),
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
    outcome: z.enum(['approved', 'declined']),
  }),
});
