import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { PLANTS } from './plants.ts';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

/** What the command prints. */
async function run(...options: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, ...options]);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return output + errors;
}

describe('the simulator', () => {
  let clean = '';
  let tight = '';
  let planted = '';

  beforeAll(async () => {
    // Two processes at a time: where tests run there are not many processors.
    const [first, second] = await Promise.all([
      run('--seeds', '200').then(async (output) => {
        clean = output;
        return run('--seeds', '500', '--try-plants', '1/2');
      }),
      run('--tight', '--seeds', '100').then(async (output) => {
        tight = output;
        return run('--seeds', '500', '--try-plants', '2/2');
      }),
    ]);
    planted = first + second;
  }, 300_000);

  it('finds nothing in 200 seeds', () => {
    expect(clean).toMatch(/^seeds 1 to 200: nothing found/);
  });

  it('finds nothing in 100 seeds under tight limits', () => {
    expect(tight).toMatch(/^seeds 1 to 100: nothing found/);
  });

  it.each(PLANTS.map(({ name }) => name))('finds the planted bug %s', (name) => {
    expect(planted).toMatch(new RegExp(`^${name}: found by seed \\d+$`, 'm'));
  });

  it('does the same again for the same seed', async () => {
    const [first, again, other] = [
      await simulate(scenarioOf(7)),
      await simulate(scenarioOf(7)),
      await simulate(scenarioOf(6)),
    ];
    expect(again.trace).toEqual(first.trace);
    expect(other.trace).not.toEqual(first.trace);
  });
});
