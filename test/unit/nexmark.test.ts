import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nexmark } from '../../bench/nexmark/command.ts';
import { Auction, Bid, Person } from '../../bench/nexmark/events.ts';
import { DISORDER_MS, generate, MAX_SHUFFLE, recordsOf } from '../../bench/nexmark/generator.ts';
import { type Oracle, openOracle } from '../../bench/nexmark/oracle.ts';
import { QUERIES } from '../../bench/nexmark/queries/index.ts';
import { q5 } from '../../bench/nexmark/queries/q5.ts';
import { q17 } from '../../bench/nexmark/queries/q17.ts';
import { type Query, query } from '../../bench/nexmark/query.ts';
import { difference } from '../../bench/nexmark/rows.ts';
import type { CloudEvent } from '../../core/event/index.ts';
import { from, lake } from '../../core/pipeline/index.ts';

/** Of each seed, so that the suite stays short: `npm run nexmark -- --check` takes 20,000. */
const EVENTS = 4_000;
const SEEDS = [1, 2, 3, 4, 5];
const NAMES = QUERIES.map(({ name }) => name);
const CHILD = join(import.meta.dirname, '../support/nexmark-child.ts');

describe('Nexmark', () => {
  let verdicts: Record<string, { rows: number; difference?: object }>;

  beforeAll(async () => {
    const args = ['--no-warnings', CHILD, ...[EVENTS, ...SEEDS].map(String)];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 240_000,
    });
    verdicts = JSON.parse(stdout);
  }, 250_000);

  it.each(SEEDS.flatMap((seed) => NAMES.map((query) => [seed, query])))(
    'with seed %d has the same result of %s as DuckDB',
    (seed, query) => {
      const verdict = verdicts[`${seed} ${query}`];
      expect(verdict?.difference).toBeUndefined();
      expect(verdict?.rows).toBeGreaterThan(0);
    },
  );
});

describe('the events', () => {
  const events = generate({ events: 5_000, seed: 7 });
  const timeOf = ({ data }: CloudEvent) => Date.parse((data as { dateTime: string }).dateTime);

  it('are a person, three auctions and 46 bids in 50', () => {
    const counts = [Person, Auction, Bid].map(({ type }) => events.filter((each) => each.type === type).length);
    expect(counts).toEqual([100, 300, 4_600]);
  });

  it('are the same for a seed, and others for another', () => {
    expect(generate({ events: 5_000, seed: 7 })).toEqual(events);
    expect(generate({ events: 5_000, seed: 8 })).not.toEqual(events);
  });

  it('come out of order, within the bound that the queries allow for', () => {
    let latestMs = 0;
    let mostMs = 0;
    for (const event of events) {
      latestMs = Math.max(latestMs, timeOf(event));
      mostMs = Math.max(mostMs, latestMs - timeOf(event));
    }
    expect(mostMs).toBeLessThan(DISORDER_MS);
    expect(mostMs).toBeGreaterThan(DISORDER_MS / 2);
    const inOrder = generate({ events: 5_000, seed: 7, shuffle: 0 });
    expect(inOrder).toEqual([...inOrder].sort((a, b) => (a.id < b.id ? -1 : 1)));
    expect(() => generate({ events: 1, seed: 7, shuffle: MAX_SHUFFLE + 1 })).toThrow(/at most 200/);
  });

  it('have hot auctions, bidders, sellers and channels in the proportions of the reference', () => {
    const of = <Data>(type: { type: string }) =>
      events.filter((each) => each.type === type.type).map(({ data }) => data as Data);
    const bids = of<{ auction: string; bidder: string; channel: string; url: string }>(Bid);
    const share = (holds: (bid: (typeof bids)[number]) => boolean) => bids.filter(holds).length / bids.length;
    expect(share(({ auction }) => Number(auction) % 100 === 0)).toBeCloseTo(0.5, 1);
    expect(share(({ bidder }) => Number(bidder) % 100 === 1)).toBeCloseTo(0.75, 1);
    expect(share(({ channel }) => !channel.startsWith('channel-'))).toBeCloseTo(0.5, 1);
    expect(share(({ url }) => url.includes('&channel_id='))).toBeCloseTo(0.45, 1);
    const auctions = of<{ seller: string; category: number }>(Auction);
    expect(auctions.filter(({ seller }) => Number(seller) % 100 === 0).length / auctions.length).toBeCloseTo(0.75, 1);
    expect([...new Set(auctions.map(({ category }) => category))].sort()).toEqual([10, 11, 12, 13, 14]);
  });

  it('are records under the key of their event, which arrive after they happened', () => {
    const records = recordsOf(events);
    events.forEach((event, i) => {
      const { auction, id } = event.data as { auction?: string; id?: string };
      expect(records[i]?.partitionKey).toBe(auction ?? id);
      expect(records[i]?.arrivalMs).toBeGreaterThanOrEqual(timeOf(event));
    });
  });
});

describe('the oracle', () => {
  let oracle: Oracle;

  beforeAll(async () => {
    oracle = await openOracle();
    await oracle.load(generate({ events: 5_000, seed: 1 }));
  });
  afterAll(() => oracle.close());

  it.each(QUERIES)('has an answer to $name', async ({ sql }) => {
    expect((await oracle.answer(sql)).rows.length).toBeGreaterThan(0);
  });
});

describe('a difference', () => {
  const row = { id: 'a', n: 1, at: null };
  const columns = ['id', 'n', 'at'];

  it.each([
    ['nothing', [row, { ...row, n: 2 }], undefined],
    ['the order', [{ ...row, n: 2 }, row], undefined],
    [
      'a column that is not asked for, or null',
      [
        { id: 'a', n: 1, event_id: 'e' },
        { ...row, n: 2 },
      ],
      undefined,
    ],
    ['a row that is missing', [row], { missing: [{ ...row, n: 2 }], extra: [] }],
    ['a row too many', [row, row, { ...row, n: 2 }], { missing: [], extra: [row] }],
    ['a value', [row, { ...row, n: 3 }], { missing: [{ ...row, n: 2 }], extra: [{ ...row, n: 3 }] }],
    [
      'a type',
      [
        { ...row, n: '1' },
        { ...row, n: 2 },
      ],
      { missing: [row], extra: [{ ...row, n: '1' }] },
    ],
  ])('of %s', (_, found, expected) => {
    expect(difference(columns, [row, { ...row, n: 2 }], found)).toEqual(expected);
  });

  it('below the tolerance is none', () => {
    const near = { ...row, n: 1 + 1e-10 };
    expect(difference(columns, [row], [near], { n: 1e-9 })).toBeUndefined();
    expect(difference(columns, [row], [near], { n: 1e-11 })).toEqual({ missing: [row], extra: [near] });
  });
});

describe('npm run nexmark', () => {
  const run = async (args: readonly string[], queries?: readonly Query[]) => {
    let printed = '';
    const code = await nexmark(
      args,
      (text) => {
        printed += text;
      },
      queries,
    );
    return { code, printed };
  };

  it('says what each query asks', async () => {
    const { code, printed } = await run([]);
    expect(code).toBe(0);
    expect(printed.split('\n')).toHaveLength(QUERIES.length + 1);
    expect(printed).toMatch(/^q22 {2}Every bid with the folders/m);
  });

  it('checks the queries that are named', async () => {
    const { code, printed } = await run(['--check', '--events', '200', '--seed', '3', '--query', 'q0', 'q17']);
    expect(printed).toMatch(/^q0 {3}ok 184 rows\nq17 {2}ok \d+ rows\n$/);
    expect(code).toBe(0);
    const { printed: json } = await run(['--check', '--events', '200', '--query', 'q0', '--json']);
    expect(JSON.parse(json)).toEqual([{ query: 'q0', rows: 184, ok: true }]);
  });

  it('shows rows that are missing or too many, and fails', async () => {
    const wrong = { ...q17, sql: q17.sql.replace('price < 10000)', 'price <= 10001)').replace('sum(price)', '1') };
    const { code, printed } = await run(['--check', '--events', '200', '--query', 'q17'], [wrong]);
    expect(printed).toMatch(/^q17 {2}differs: missing row \{"auction":.*"sumprice":1\}.*; extra row \{"auction":.*\}/);
    expect(code).toBe(1);
  });

  it('shows a pipeline that takes disorder for order', async () => {
    const hasty = { ...q5, plan: { ...q5.plan, outOfOrdernessMs: 0 } };
    const { code, printed } = await run(['--check', '--events', '1000', '--query', 'q5'], [hasty]);
    expect(printed).toMatch(/^q5 {3}differs/);
    expect(code).toBe(1);
  });

  it('shows a pipeline that does not take every event', async () => {
    const never = () => {
      throw new Error('never');
    };
    const output = from(Bid).filter('never', never).to(lake('q17'));
    const { code, printed } = await run(['--check', '--events', '20'], [query({ ...q17, output })]);
    expect(printed).toBe('q17  failed: nexmark-q17: 0 quarantined events and 5 parked keys; expected none\n');
    expect(code).toBe(1);
  });

  it('says which queries are left out, and why', async () => {
    const { code, printed } = await run(['--help']);
    expect(code).toBe(0);
    expect(printed).toMatch(/^ {2}q12 {2}counts by the machine's clock/m);
  });

  it.each([[['--query', 'q99']], [['--events', 'many']], [['--nonsense']]])('does not understand %j', async (args) => {
    expect((await run(args)).code).toBe(2);
  });
});
