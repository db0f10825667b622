/** What a pipeline's author imports. */
export { lake } from './lake.ts';
export { pipeline } from './pipeline.ts';
export type { Plan, ProcessContext, SavedQuery } from './plan.ts';
export { from } from './stream.ts';
