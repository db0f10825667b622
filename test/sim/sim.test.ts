import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PLANTS } from './plants.ts';
import { simulate } from './simulate.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

describe('the simulator', () => {
  it('finds nothing in 200 seeds', async () => {
    for (let seed = 1; seed <= 200; seed++) expect(await simulate(seed)).toMatchObject({ seed, faults: [] });
  }, 60_000);

  it('does the same again for the same seed', async () => {
    expect((await simulate(7)).trace).toEqual((await simulate(7)).trace);
    expect((await simulate(7)).trace).not.toEqual((await simulate(8)).trace);
  });

  it.each(PLANTS.map(({ name }) => name))(
    'finds the planted bug %s',
    (name) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--no-warnings', MAIN, '--seeds', '500', '--plant', name],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
      expect(stdout).toMatch(/seed \d+ fails/);
      expect(status).toBe(1);
    },
    30_000,
  );
});
