import { describe, expect, it } from '@jest/globals';
import type * as z from 'zod';
import type { CloudEvent } from '../../core/event/index.ts';
import { days, minutes } from '../../core/pipeline/index.ts';
import { Payment } from '../../pipelines/payments/events.ts';
import { generatePayments, type Pattern, type Planted } from '../../pipelines/payments/generator.ts';
import { payments } from '../../pipelines/payments/pipeline.ts';
import type { Suspicion } from '../../pipelines/payments/suspicion.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { shownTable } from '../support/tutorial.ts';

const PATTERNS = ['card-testing', 'velocity', 'impossible-travel'] as const;

/** Seeds that the pipeline was not made with, and cards in each: enough for eight frauds of each pattern. */
const SEEDS = [2, 3, 4];
const CARDS = 500;

async function driven(events: readonly unknown[], options: Parameters<typeof drive>[1] = {}): Promise<Drive> {
  const driver = drive(payments, options);
  await driver.send(events);
  await driver.advance(days(1));
  return driver;
}

const suspicionsOf = (driver: Drive) => driver.rows('suspicions') as unknown as readonly Suspicion[];

/** Whether a suspicion is of what was planted: the same pattern and card, and times that overlap. */
const isOf = ({ kind, card, from, to }: Planted, suspicion: Suspicion): boolean =>
  kind === suspicion.pattern && card === suspicion.card && suspicion.began <= to && from <= suspicion.ended;

interface Score {
  /** Cards that the pattern suspects; those of them rightly; cards with that fraud. */
  readonly suspected: number;
  readonly rightly: number;
  readonly planted: number;
}

async function scoresOf(seed: number): Promise<Readonly<Record<Pattern, Score>>> {
  const { events, frauds } = generatePayments({ seed, cards: CARDS });
  const suspicions = suspicionsOf(await driven(events));
  const scores = PATTERNS.map((kind): [Pattern, Score] => {
    const own = suspicions.filter(({ pattern }) => pattern === kind);
    const planted = frauds.filter((fraud) => fraud.kind === kind);
    const rightly = planted.filter((fraud) => own.some((suspicion) => isOf(fraud, suspicion))).length;
    return [kind, { suspected: new Set(own.map(({ card }) => card)).size, rightly, planted: planted.length }];
  });
  return Object.fromEntries(scores) as Record<Pattern, Score>;
}

const sumOf = (all: readonly Score[]): Score => ({
  suspected: all.reduce((sum, { suspected }) => sum + suspected, 0),
  rightly: all.reduce((sum, { rightly }) => sum + rightly, 0),
  planted: all.reduce((sum, { planted }) => sum + planted, 0),
});

describe('the payments pipeline on frauds that a generator planted', () => {
  const all = Promise.all(SEEDS.map(scoresOf));

  it.each([
    ['card-testing', { precision: 0.6, recall: 0.9 }],
    ['velocity', { precision: 0.8, recall: 0.75 }],
    ['impossible-travel', { precision: 0.8, recall: 0.9 }],
  ] as const)('finds %s with a precision and a recall of at least %j', async (pattern, least) => {
    const { suspected, rightly, planted } = sumOf((await all).map((scores) => scores[pattern]));
    expect(planted).toBe(8 * SEEDS.length);
    expect(rightly / suspected).toBeGreaterThanOrEqual(least.precision);
    expect(rightly / planted).toBeGreaterThanOrEqual(least.recall);
  });

  it('does so as the tutorial says', async () => {
    const scores = await all;
    const lines = PATTERNS.map((pattern) => {
      const { suspected, rightly, planted } = sumOf(scores.map((each) => each[pattern]));
      const percent = (share: number) => `${Math.round(100 * share)} %`;
      return [pattern, planted, suspected, rightly, percent(rightly / suspected), percent(rightly / planted)].map(
        String,
      );
    });
    expect(shownTable('payments', 'precision')).toEqual(lines);
  });
});

const START_MS = Date.parse('2025-03-03T10:00:00Z');

const [vienna, zurich] = [
  { country: 'AT', lat: 48.21, lon: 16.37 },
  { country: 'CH', lat: 47.37, lon: 8.54 },
];

/** A payment so many minutes after ten o'clock. */
const attempt = (minute: number, rest: Partial<z.input<typeof Payment.schema>> = {}) => ({
  card: 'card-1',
  at: new Date(START_MS + minutes(minute)).toISOString(),
  amountCents: 1_000,
  currency: 'EUR' as const,
  merchant: `shop ${minute}`,
  merchantCategory: 'clothing',
  channel: 'present' as const,
  ...vienna,
  outcome: 'approved' as const,
  ...rest,
});

const small = (minute: number, rest = {}) => attempt(minute, { channel: 'online', amountCents: 500, ...rest });
const large = (minute: number, rest = {}) => attempt(minute, { channel: 'online', amountCents: 20_000, ...rest });
const declined = { outcome: 'declined' as const };
const often = (count: number, rest = {}) => Array.from({ length: count }, (_, i) => attempt(i * 3, rest));

const CASES: readonly (readonly [string, readonly ReturnType<typeof attempt>[], readonly string[]])[] = [
  [
    'three small, one of them declined, and a large one',
    [small(0), small(1, declined), small(2), large(44.9)],
    ['card-testing'],
  ],
  ['the large one 45 minutes after the first small one', [small(0), small(1, declined), small(2), large(45)], []],
  ['none declined', [small(0), small(1), small(2), large(3)], []],
  ['two small', [small(0), small(1, declined), large(3)], []],
  ['the large one not large enough', [small(0), small(1, declined), small(2), large(3, { amountCents: 19_999 })], []],
  ['three small of another card', [small(0), small(1, declined), small(2), large(3, { card: 'card-2' })], []],
  ['seven payments in 18 minutes', often(7), ['velocity']],
  ['ten payments in 27 minutes: said once', often(10), ['velocity']],
  ['six payments', often(6), []],
  ['seven at three merchants', often(7).map((each, i) => ({ ...each, merchant: `shop ${i % 3}` })), []],
  ['seven small ones', often(7, { amountCents: 499 }), []],
  ['Vienna and 60 minutes later Zurich', [attempt(0), attempt(60, zurich)], ['impossible-travel']],
  ['Vienna and 120 minutes later Zurich', [attempt(0), attempt(120, zurich)], []],
  ['Vienna and on the net Zurich', [attempt(0), attempt(60, { ...zurich, channel: 'online' })], []],
  ['Vienna, something on the net, Zurich', [attempt(0), small(30), attempt(60, zurich)], ['impossible-travel']],
];

describe('the payments pipeline', () => {
  it.each(CASES)('on %s', async (_, attempts, patterns) => {
    const driver = drive(payments);
    await driver.put(Payment, attempts);
    await driver.advance(days(1));
    expect(suspicionsOf(driver).map(({ pattern }) => pattern)).toEqual(patterns);
    expect(PATTERNS.flatMap((pattern) => driver.alerts(`${pattern}-seen`))).toHaveLength(patterns.length);
  });

  it('says what it suspects, and keeps the last of each card', async () => {
    const driver = drive(payments);
    await driver.put(Payment, [small(0), small(1, declined), small(2), large(3, { merchant: 'gadgets' })]);
    await driver.put(Payment, [attempt(10), attempt(70, zurich)]);
    await driver.advance(days(1));
    const tested = '3 small payments, not all approved, then 200.00 at gadgets';
    const travelled = 'shop 10, and 60 minutes later shop 70, 592 km away';
    expect(driver.alerts('card-testing-seen')).toMatchObject([
      { key: 'card-1', subject: 'A card was tried and used', text: `card-1, 2025-03-03T10:03:00.000Z: ${tested}` },
    ]);
    expect(suspicionsOf(driver)).toEqual([
      {
        ...{ pattern: 'card-testing', card: 'card-1', payments: 4, why: tested },
        ...{ began: '2025-03-03T10:00:00.000Z', ended: '2025-03-03T10:03:00.000Z' },
      },
      {
        ...{ pattern: 'impossible-travel', card: 'card-1', payments: 2, why: travelled },
        ...{ began: '2025-03-03T10:10:00.000Z', ended: '2025-03-03T11:10:00.000Z' },
      },
    ]);
    expect(driver.view('cards')).toEqual({ 'card-1': expect.objectContaining({ why: travelled }) });
  });

  it('is quiet for an hour after an alert about a card', async () => {
    const trip = [
      attempt(0),
      attempt(30, zurich),
      attempt(40),
      attempt(50, zurich),
      attempt(100),
      attempt(110, zurich),
    ];
    const driver = drive(payments);
    await driver.put(Payment, trip);
    await driver.advance(days(1));
    expect(suspicionsOf(driver)).toHaveLength(3);
    expect(driver.alerts('impossible-travel-seen').map(({ timeMs }) => (timeMs - START_MS) / minutes(1))).toEqual([
      30, 110,
    ]);
  });

  it('suspects the same in whatever order payments arrive, in however many shards, and after a crash', async () => {
    const { events } = generatePayments({ seed: 5, cards: 50 });
    const inTime = events.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
    const told = (driver: Drive) =>
      suspicionsOf(driver)
        .map((each) => JSON.stringify(each))
        .sort();
    const expected = told(await driven(inTime));
    expect(expected.length).toBeGreaterThan(2);
    expect(told(await driven(events, { shards: 3, batchSize: 50 }))).toEqual(expected);
    const driver = drive(payments);
    await driver.send(events.slice(0, 300));
    driver.crash();
    await driver.send(events.slice(300));
    await driver.advance(days(1));
    expect(told(driver)).toEqual(expected);
  });
});

const timeOf = ({ data }: CloudEvent): string => (data as { readonly at: string }).at;
