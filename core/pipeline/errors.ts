/** A pipeline is not well-formed. The message names the step, what was found and what was expected. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly step: string;
  constructor(step: string, found: string, expected: string) {
    super(`step '${step}': found ${found}; expected ${expected}`);
    this.step = step;
  }
}

const STEP_ID = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;

/** Ids name state, outputs and metrics for ever, so they are literal and plain. */
export function checkStepId(id: string): string {
  if (!STEP_ID.test(id)) throw new PipelineError(id, `the id '${id}'`, "lower-case words joined by '-' or '_'");
  return id;
}

/** A duration of the builder's.
 *  @throws PipelineError when it is not a whole number of milliseconds from 0 to ten years. */
export function duration(step: string, option: string, ms: number): number {
  if (Number.isSafeInteger(ms) && ms >= 0 && ms <= 3_653 * 86_400_000) return ms;
  throw new PipelineError(step, `${option} ${ms}`, 'a whole number of milliseconds, at most ten years');
}

/** A duration that is not empty. */
export function positive(step: string, option: string, ms: number): number {
  if (duration(step, option, ms) > 0) return ms;
  throw new PipelineError(step, `${option} 0`, 'at least a millisecond');
}
