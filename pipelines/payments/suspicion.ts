import * as z from 'zod';

/** Payments of a card that look like fraud. */
export const Suspicion = z.object({
  pattern: z.enum(['card-testing', 'velocity', 'impossible-travel']),
  card: z.string(),
  /** The time that the payments lie in. */
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  payments: z.int(),
  /** For people. */
  why: z.string(),
});

export type Suspicion = z.input<typeof Suspicion>;

/** 1999 cents are `19.99`. */
export const money = (cents: number): string => (cents / 100).toFixed(2);
