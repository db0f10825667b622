import * as z from 'zod';
import { compile, type Program } from '../../core/engine/program.ts';
import { event } from '../../core/event/index.ts';
import { days, from, lake, pipeline } from '../../core/pipeline/index.ts';

/** On what a step throws: before the count, or in the same record after it. Nothing for most. */
export type OrderFault = '' | 'early' | 'late';

const Order = event('shop.order', {
  version: 1,
  key: 'customer',
  time: 'at',
  schema: z.object({
    customer: z.string(),
    at: z.iso.datetime(),
    number: z.int(),
    amount: z.number(),
    items: z.array(z.string()),
    leaves: z.boolean(),
    fault: z.enum(['', 'early', 'late']),
  }),
});

const Visit = event('shop.visit', {
  version: 1,
  key: 'page',
  time: 'at',
  schema: z.object({ page: z.string(), at: z.iso.datetime(), faulty: z.boolean() }),
});

export type OrderData = z.output<typeof Order.schema>;
export type VisitData = z.output<typeof Visit.schema>;

/** A customer's orders so far, and a number that tells in which order they came. */
export interface Tale {
  readonly orders: number;
  readonly trail: number;
}

export const nextTrail = (trail: number, number: number): number => (trail * 31 + number) % 1_000_000_007;

/** How far the steps' bugs have been mended: none, the early one and that of visits, all. */
export const FIXES = 2;

export const PIPELINE = 'shop';

function planOf(fixed: number, idempotencyMinutes: number) {
  const orders = from(Order);
  const sound = orders.filter('sound', ({ fault }) => mended(fault !== 'early' || fixed >= 1));
  const counts = sound.process('count', {
    ttl: days(3_650),
    init: () => ({ orders: 0, trail: 0 }),
    on: ({ orders, trail }, { number, leaves }) => {
      const tale = { orders: orders + 1, trail: nextTrail(trail, number) };
      return { state: leaves ? undefined : tale, emit: tale.orders % 4 === 0 ? [tale, tale] : [tale] };
    },
  });
  const thirds = counts
    .filter('third', ({ orders }) => orders % 3 === 0)
    .process('rank', {
      ttl: days(3_650),
      init: () => 0,
      on: (seen: number, { trail }) => ({ state: seen + 1, emit: [{ seen: seen + 1, trail }] }),
    });
  const items = sound
    .filter('large', ({ fault, amount }) => mended(fault !== 'late' || fixed >= 2) && amount >= 100)
    .flatMap('items', ({ items, customer }) => items.map((item) => ({ customer, item })));
  const visits = from(Visit).filter('welcome', ({ faulty }) => mended(!faulty || fixed >= 1));
  return pipeline(
    PIPELINE,
    [
      orders.to(lake('orders')),
      counts.to(lake('counts', { schema: z.object({ orders: z.int(), trail: z.int() }) })),
      thirds.to(lake('thirds', { schema: z.object({ seen: z.int(), trail: z.int() }) })),
      items.to(lake('large_items', { schema: z.object({ customer: z.string(), item: z.string() }) })),
      visits.to(lake('visits')),
    ],
    { idempotencyMinutes },
  );
}

function mended(isSound: boolean): true {
  if (!isSound) throw new Error('a bug in a step');
  return true;
}

const programs = new Map<string, Program>();

/** The pipeline as it is deployed after so many fixes. */
export function programOf(fixed: number, idempotencyMinutes: number): Program {
  const name = `${fixed} ${idempotencyMinutes}`;
  const program = programs.get(name) ?? compile(planOf(fixed, idempotencyMinutes));
  programs.set(name, program);
  return program;
}
