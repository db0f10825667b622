import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { readReleased, refuseChangedStates } from '../../infra/released.ts';
import { pipelines } from '../../pipelines/index.ts';

const Tick = event('tick', { version: 1, key: 'id', schema: z.object({ id: z.string() }) });

const counting = (version: number, id = 'count') =>
  pipeline('ticks', [
    from(Tick)
      .process(id, { version, init: () => 0, on: (n: number) => ({ state: n + 1, emit: [{ n }] }) })
      .to(lake('counts', { schema: z.object({ n: z.int() }) })),
  ]);

describe('a released pipeline', () => {
  it.each([
    ['the same step', counting(1), { count: 'process 1' }],
    ['a step that is new', counting(1), {}],
    ['a changed step under a new id', counting(2, 'count-2'), { count: 'process 1' }],
  ])('may be deployed with %s', (_, plan, released) => {
    expect(() => refuseChangedStates(plan, released)).not.toThrow();
  });

  it('is refused with a step that would misread what it has kept, saying what to do', () => {
    expect(() => refuseChangedStates(counting(2), { count: 'process 1' })).toThrow(
      /step 'count' of pipeline 'ticks'': found "process 2"; expected 'process 1' as released.*Give the changed step a new id/,
    );
  });

  it.each(pipelines.map((plan) => [plan.name, plan] as const))('%s keeps what its release says', (name, plan) => {
    expect(Object.keys(readReleased(name)).length).toBeGreaterThan(0);
    expect(() => refuseChangedStates(plan, readReleased(name))).not.toThrow();
  });
});
