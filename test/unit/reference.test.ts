import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventType } from '../../core/event/index.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import * as millrace from '../../core/pipeline/index.ts';
import { Stream } from '../../core/pipeline/stream.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { ROOT } from '../support/imports.ts';
import { block } from '../support/readme.ts';

/** Beside the project's folders, so that imports resolve. */
mkdirSync(join(ROOT, '.millrace'), { recursive: true });
const scratch = mkdtempSync(join(ROOT, '.millrace/reference-'));
const code = block('ts', "m.pipeline('card-payments'");
writeFileSync(join(scratch, 'reference.ts'), code);
afterAll(() => rmSync(scratch, { recursive: true }));

const verbs = Object.getOwnPropertyNames(Stream.prototype).filter((name) => name !== 'constructor');

const DAY = '2026-11-21T';
let run: Drive;

beforeAll(async () => {
  const { Payment, CardChanged, cardPayments } = (await import(join(scratch, 'reference.ts'))) as {
    readonly Payment: EventType;
    readonly CardChanged: EventType;
    readonly cardPayments: Plan;
  };
  run = drive(cardPayments);
  const put = (at: string, cents: number, shop: string, status = 'paid', card = 'c1') =>
    run.put(Payment, { card, at: `${DAY}${at}Z`, cents, shop, status });
  await run.put(CardChanged, { card: 'c1', at: `${DAY}09:00:00Z`, owner: 'ada', closed: false });
  await put('10:00:00', 100, 'the shop');
  await put('10:00:10', 120, 'the shop');
  await put('10:00:20', 130, 'the shop');
  await put('10:00:30', 60_000, 'jeweller');
  await put('10:00:40', 500, 'baker');
  await put('10:00:50', 600, 'baker');
  await put('10:00:55', 700, 'baker', 'refunded');
  await put('11:30:00', 700, 'baker', 'paid', 'c2');
  await put('10:01:00', 1, 'baker'); // late
  await run.until('2026-12-31T00:00:00Z');
});

describe("the README's reference", () => {
  it.each([
    ['payments', 9],
    ['euros', 9],
    ['words', 12],
    ['odd', 2],
    ['silent_cards', 2],
    ['in_order', 8],
    ['first_of_a_day', 4],
    ['status_turns', 3],
    ['too_many', 2],
    ['shop_hours', 4],
  ])('fills %s with %i rows', (table, rows) => {
    expect(run.rows(table)).toHaveLength(rows);
  });

  it('gives windows, lookups, joins, views, alerts and events as it says', () => {
    expect(run.rows('hours')).toMatchObject([
      { key: 'c1', payments: 7, cents: 62_150 },
      { key: 'c2', payments: 1, cents: 700 },
    ]);
    expect(run.rows('late_payments')).toMatchObject([{ cents: 1 }]);
    expect(new Set(run.rows('named').map(({ owner }) => owner))).toEqual(new Set(['ada', '?']));
    expect(run.rows('refunded').length).toBeGreaterThan(0);
    expect(run.view('limits_view')).toMatchObject({ c1: { owner: 'ada' } });
    expect(run.alerts('card-testing').map(({ text }) => text)).toEqual(['c1: 3, then 60000']);
    expect(run.sent('large-payments')).toMatchObject([{ type: 'card.payment', data: { cents: 60_000 } }]);
    expect(run.quarantined()).toEqual([]);
  });

  it('shows every verb of a stream', () => {
    expect(verbs.filter((verb) => !code.includes(`.${verb}(`))).toEqual([]);
  });
});

describe('the choice of steps', () => {
  const page = readFileSync(join(ROOT, 'docs/pipelines.md'), 'utf8');
  const named = [...page.matchAll(/^\|[^|]*\|([^|]*)\|/gm)].flatMap(
    ([, cell = '']) => cell.match(/(?<=`)\w+(?=`)/g) ?? [],
  );

  it('names every verb and sink, and none that there is not', () => {
    const there = new Set([...verbs, ...Object.keys(millrace)]);
    const outputs = ['timedOut', 'grace', 'revision'];
    expect(named.filter((name) => !there.has(name) && !outputs.includes(name))).toEqual([]);
    const wanted = [...verbs.filter((verb) => verb !== 'to'), 'lake', 'alert', 'view', 'stream'];
    expect(wanted.filter((verb) => !named.includes(verb))).toEqual([]);
  });
});
