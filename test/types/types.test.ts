import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/imports.ts';

const FOLDER = join(ROOT, 'test/types');

/** What the compiler says, by file; lines that go on from the one before belong to it. */
function compilerErrors(): ReadonlyMap<string, string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '--project', FOLDER, '--pretty', 'false', '--noErrorTruncation'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: FOLDER, encoding: 'utf8' });
  const errors = new Map<string, string>();
  let file = '';
  for (const line of stdout.split('\n')) {
    file = /^([\w-]+\.case\.ts)\(/.exec(line)?.[1] ?? file;
    errors.set(file, `${errors.get(file) ?? ''}${line}\n`);
  }
  return errors;
}

describe('the compiler', () => {
  const errors = compilerErrors();
  const cases = readdirSync(FOLDER).filter((name) => name.endsWith('.case.ts'));

  it.each(cases)('says of %s what its first line expects', (name) => {
    const [first = ''] = readFileSync(join(FOLDER, name), 'utf8').split('\n');
    const expected = /^\/\/ error: (.*)$/.exec(first)?.[1];
    if (expected === undefined) {
      expect(first).toMatch(/^\/\/ fine/);
      expect(errors.get(name)).toBeUndefined();
    } else expect(errors.get(name)).toMatch(new RegExp(expected));
  });
});
