import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Engine, openEngine } from '../../local/services/athena/engine.ts';
import { failureOf } from '../../local/services/athena/failure.ts';
import { translate } from '../../local/services/athena/translate.ts';
import { createGlue } from '../../local/services/glue.ts';

type Row = readonly (string | null)[];

/** A query and what Trino answers: rows as Athena prints them, or an error. What is refused here is marked so. */
interface Snippet {
  readonly sql: string;
  readonly rows?: readonly Row[];
  readonly error?: string;
  readonly refused?: boolean;
}

interface Group {
  /** Where the answers are from. */
  readonly source: string;
  readonly cases: readonly Snippet[];
}

const GROUPS: readonly Group[] = JSON.parse(readFileSync(join(import.meta.dirname, 'trino-snippets.json'), 'utf8'));
/** Expressions asked for at once. */
const AT_ONCE = 30;
const REFUSAL = /not emulated locally|^NOT_SUPPORTED: /;

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine(mkdtempSync(join(tmpdir(), 'millrace-trino-')));
});
afterAll(() => engine.close());

const NO_TABLES = { glue: createGlue(), cache: { list: async () => ({ bytes: 0, fetch: async () => [] }) } };

async function answer(sql: string): Promise<readonly Row[] | string> {
  try {
    const query = translate(sql, 'nowhere', () => undefined);
    const { rows } = await engine.run(query, { ...NO_TABLES, nowMs: 0, maxBytes: undefined }).result;
    return rows.map((row) => row.map((text) => text ?? null));
  } catch (error) {
    return failureOf(error).reason;
  }
}

/** Where a single expression stands for the query. */
const expressionOf = ({ sql, rows, refused }: Snippet): string | undefined =>
  !refused && rows?.length === 1 && rows[0]?.length === 1 && !/\bFROM\b/.test(sql)
    ? /^SELECT (.*)$/s.exec(sql)?.[1]
    : undefined;

/** The answers of snippets by their SQL; single expressions are asked for together, and one by one when that fails. */
async function answers(cases: readonly Snippet[]): Promise<Record<string, readonly Row[] | string>> {
  const found: Record<string, readonly Row[] | string> = {};
  const expressions = cases.filter((snippet) => expressionOf(snippet) !== undefined);
  for (let at = 0; at < expressions.length; at += AT_ONCE) {
    const batch = expressions.slice(at, at + AT_ONCE);
    const together = await answer(`SELECT ${batch.map(expressionOf).join(', ')}`);
    for (const [index, { sql }] of batch.entries())
      found[sql] = typeof together === 'string' ? await answer(sql) : [[together[0]?.[index] ?? null]];
  }
  for (const { sql } of cases) found[sql] ??= await answer(sql);
  return found;
}

/** The answer as it is to be, or a word for it. */
const told = ({ rows, error, refused }: Snippet, given: readonly Row[] | string) => {
  if (typeof given !== 'string') return given;
  if (refused) return REFUSAL.test(given) ? 'refused' : given;
  return error && rows === undefined ? given.slice(0, error.length) : given;
};

describe('Trino’s answers', () => {
  it.each(GROUPS)('as stated in $source', async ({ cases }) => {
    const given = await answers(cases);
    const expected = cases.map(({ sql, rows, error, refused }) => [sql, refused ? 'refused' : (rows ?? error)]);
    expect(cases.map((snippet) => [snippet.sql, told(snippet, given[snippet.sql] as string)])).toEqual(expected);
  });

  it('are known for most of what is asked', () => {
    const all = GROUPS.flatMap(({ cases }) => cases);
    expect(all.length).toBeGreaterThan(600);
    expect(new Set(all.map(({ sql }) => sql)).size).toBe(all.length);
    expect(all.filter(({ refused }) => refused).length).toBeLessThan(all.length / 10);
  });
});
