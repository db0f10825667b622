import { expect, it } from '@jest/globals';
import { KNOWN } from '../differential/differences.ts';
import { callsOf } from '../differential/generate.ts';
import { compare } from '../differential/run.ts';

it('ten sequences of calls have the answers that kinesis-local gives, but for known differences', async () => {
  const { calls, refused, unexplained } = await compare({ seed: 1, sequences: 10, length: 12 });
  expect(unexplained).toEqual([]);
  expect(calls).toBeGreaterThan(60);
  expect(refused).toBeGreaterThan(5);
}, 120_000);

it('every known difference has a source, and none explains everything', () => {
  for (const known of KNOWN) {
    expect(known.source).toMatch(/API reference|recorded at AWS/);
    const call = { operation: 'PutRecord', input: {} };
    const apart = { step: 0, call, ours: { ShardId: 'a' }, theirs: { ShardId: 'b' } };
    const { ours, theirs } = known.even(apart);
    expect(ours).not.toEqual(theirs);
  }
});

it('a seed repeats its calls', () => {
  expect(callsOf(3, 4)).toEqual(callsOf(3, 4));
  expect(callsOf(3, 4)).not.toEqual(callsOf(3, 5));
});
