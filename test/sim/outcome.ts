import type { Operator } from './operator.ts';
import type { Expected } from './oracle.ts';
import type { Part } from './parts.ts';
import type { Scenario } from './scenario.ts';
import type { Services } from './services.ts';
import type { Put } from './workload.ts';

/** A part of the pipeline when the run is over, and what must have come of the records of its stream. */
export interface PartOutcome extends Part {
  readonly expected: Expected;
}

/** All that a run leaves behind. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly services: Services;
  readonly parts: readonly [PartOutcome, ...PartOutcome[]];
  readonly operator: Operator;
  /** In the order in which the producer put it. */
  readonly workload: readonly Put[];
}
