import { describe, expect, it } from '@jest/globals';
import { CRASH_POINTS } from '../../testing/fuse.ts';
import { type Case, type Outputs, readCases, runCase, withFullTimes } from '../cases/run.ts';

const BATCH_SIZES = [1, 2, 3, 4, 5, 6, 7];

function check(found: Outputs, { expect: expected }: Case): void {
  const wanted = Object.keys(found).map((name) => [name, expected[name] ?? []]);
  expect(Object.keys(found)).toEqual(expect.arrayContaining(Object.keys(expected)));
  expect(found).toMatchObject(withFullTimes(Object.fromEntries(wanted)));
}

describe.each(readCases())('%s', (_, cases) => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const whole = await runCase(each);
    check(whole, each);
    for (const batchSize of BATCH_SIZES)
      expect([batchSize, await runCase(each, { batchSize })]).toEqual([batchSize, whole]);
    for (const coldAt of each.moves.keys()) expect([coldAt, await runCase(each, { coldAt })]).toEqual([coldAt, whole]);
    for (const crashBefore of CRASH_POINTS)
      expect([crashBefore, await runCase(each, { crashBefore })]).toEqual([crashBefore, whole]);
  });
});
