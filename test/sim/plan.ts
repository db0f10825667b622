import * as z from 'zod';
import { compile, type Program } from '../../core/engine/program.ts';
import { event } from '../../core/event/index.ts';
import { days, from, lake, type Plan, pipeline } from '../../core/pipeline/index.ts';
import { partsOf } from '../../core/pipeline/plan.ts';
import { GROUPED_TABLES, grouped } from './grouped.ts';
import { JOINED_TABLES, joined } from './joined.ts';
import { nextTrail, OUT_OF_ORDER_MS, TIMED_TABLES, timed } from './timed.ts';

/** On what a step throws: before the count, in the same record after it, or behind the hop. Nothing for most. */
export type OrderFault = '' | 'early' | 'late' | 'behind';

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
    fault: z.enum(['', 'early', 'late', 'behind']),
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

/** What the pipeline has besides its counts: nothing, the steps that go by event time, those behind a hop, steps whose
 *  items go over a hop in groups, or steps that bring items together, before a hop or behind one. */
export type Kind = 'plain' | 'timed' | 'hopped' | 'grouped' | 'joined' | 'joined-behind';

/** Whether what comes to the steps are the orders' items, behind a hop. */
export const isBehind = (kind: Kind): boolean => kind === 'hopped' || kind === 'joined-behind';
export const hasHop = (kind: Kind): boolean => isBehind(kind) || kind === 'grouped';

/** How far the steps' bugs have been mended: none, the early one and that of visits, all. */
export const FIXES = 2;

export const PIPELINE = 'shop';

export const TABLES = [
  'orders',
  'counts',
  'thirds',
  'large_items',
  'visits',
  ...TIMED_TABLES,
  ...GROUPED_TABLES,
  ...JOINED_TABLES,
] as const;

/** The number of an order's n-th item. */
export const numberOf = (order: number, n: number): number => order * 10 + n;

function planOf(kind: Kind, fixed: number, idempotencyMinutes: number): Plan {
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
  const behind = sound
    .flatMap('sold', ({ items, number, fault }) =>
      items.map((item, n) => ({ item, number: numberOf(number, n), faulty: fault === 'behind' })),
    )
    .rekey('by-item', ({ item }) => item)
    .filter('sound-behind', ({ faulty }) => mended(!faulty || fixed >= 2))
    .map('line', ({ number }) => ({ number }));
  const lines = sound.map('line', ({ number }) => ({ number }));
  const visits = from(Visit).filter('welcome', ({ faulty }) => mended(!faulty || fixed >= 1));
  return pipeline(
    PIPELINE,
    [
      orders.to(lake('orders')),
      counts.to(lake('counts', { schema: z.object({ orders: z.int(), trail: z.int() }) })),
      thirds.to(lake('thirds', { schema: z.object({ seen: z.int(), trail: z.int() }) })),
      items.to(lake('large_items', { schema: z.object({ customer: z.string(), item: z.string() }) })),
      visits.to(lake('visits')),
      ...(kind === 'timed' ? timed(lines) : []),
      ...(kind === 'hopped' ? timed(behind) : []),
      ...(kind === 'grouped' ? grouped(lines) : []),
      ...(kind === 'joined' ? joined(lines) : []),
      ...(kind === 'joined-behind' ? joined(behind) : []),
    ],
    { idempotencyMinutes, outOfOrderness: OUT_OF_ORDER_MS },
  );
}

function mended(isSound: boolean): true {
  if (!isSound) throw new Error('a bug in a step');
  return true;
}

const programs = new Map<string, readonly Program[]>();

/** The pipeline's parts as they are deployed after so many fixes. */
export function programsOf(kind: Kind, fixed: number, idempotencyMinutes: number): readonly Program[] {
  const name = `${kind} ${fixed} ${idempotencyMinutes}`;
  const ofName = programs.get(name) ?? partsOf(planOf(kind, fixed, idempotencyMinutes)).map((part) => compile(part));
  programs.set(name, ofName);
  return ofName;
}
