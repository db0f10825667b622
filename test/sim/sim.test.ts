import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
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

  beforeAll(async () => {
    // Two processes at a time: where tests run there are not many processors.
    [clean, tight] = await Promise.all([run('--seeds', '40'), run('--tight', '--seeds', '30')]);
  }, 300_000);

  it('finds nothing in 40 seeds', () => {
    expect(clean).toMatch(/^seeds 1 to 40: nothing found/);
  });

  it('finds nothing in 30 seeds under tight limits', () => {
    expect(tight).toMatch(/^seeds 1 to 30: nothing found/);
  });

  // Those that are found at once: `npm run sim -- --try-plants` tries all of them, in some minutes.
  it.each(['no-condition', 'commit-before-delivery', 'sequence-numbers-as-numbers'])(
    'finds the planted bug %s',
    async (name) => {
      expect(await run('--plant', name)).toMatch(/^seed \d+:/m);
    },
    60_000,
  );

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
