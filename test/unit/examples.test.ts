import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heartbeatRecord } from '../../core/event/control.ts';
import * as millrace from '../../core/pipeline/index.ts';
import type { Mapped, Stream } from '../../core/pipeline/stream.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { ROOT } from '../support/imports.ts';
import { order } from '../support/orders.ts';

const FOLDER = join(ROOT, 'core/pipeline');
/** Beside the project's folders, so that imports resolve. */
const SCRATCH = join(ROOT, '.millrace/examples');

/** What the docstrings of the public API show: expressions that make a stream of a stream of orders. */
const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const shown = sources.flatMap((name) => {
  const source = readFileSync(join(FOLDER, name), 'utf8');
  const examples = [...source.matchAll(/@example\n([\s\S]*?) \*\//g)].map(([, code = '']) => code);
  return examples.map((code) => code.replaceAll(/^ *\* {0,2}/gm, ''));
});

/** The examples as a module that compiles only if each of them does. */
function moduleOf(codes: readonly string[]): string {
  const used = Object.keys(millrace).filter((name) => codes.some((code) => new RegExp(`\\b${name}\\(`).test(code)));
  return [
    `import { ${used.join(', ')}, from } from '../../core/pipeline/index.ts';`,
    "import { Order } from '../../test/support/orders.ts';",
    'const orders = from(Order);',
    `export const examples = [${codes.map((code) => `() => ${code}`).join(',\n')}];`,
  ].join('\n');
}

const START = Date.parse('2026-11-21T10:00:00Z');
const records = [10, 10, 2_000, 20].map((amount, n) => {
  const at = new Date(START + n * 1_000).toISOString();
  return recordAt(n + 1, order(`e${n}`, { amount, at, items: [`${amount}`] }), START, 'ada');
});
const later = recordAt(9, heartbeatRecord('h'), START + millrace.days(2), 'h');

beforeAll(() => {
  mkdirSync(SCRATCH, { recursive: true });
});
afterAll(() => rmSync(SCRATCH, { recursive: true }));

describe('the examples of the docstrings', () => {
  it('compile, run, and give something', async () => {
    expect(shown.length).toBeGreaterThan(10);
    writeFileSync(join(SCRATCH, 'examples.ts'), moduleOf(shown));
    const config = { extends: '../../tsconfig.json', include: ['examples.ts'], exclude: [] };
    writeFileSync(join(SCRATCH, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--project', SCRATCH], { encoding: 'utf8' });
    expect(stdout).toBe('');
    const { examples } = (await import(join(SCRATCH, 'examples.ts'))) as {
      examples: readonly (() => Stream<object, Mapped>)[];
    };
    for (const [n, example] of examples.entries()) {
      const rows = millrace.view('rows', { row: (row: object) => row });
      const { run, views } = engineInMemory(millrace.pipeline('examples', [example().to(rows)]));
      expect(await run([...records, later])).toMatchObject({ parked: 0, quarantined: 0 });
      expect([shown[n], [...views.rows('rows').keys()]]).toEqual([shown[n], ['ada']]);
    }
  });
});
