/** What a pipeline's author imports. */
export * from '../aggregates/index.ts';
export { calendar } from './calendar.ts';
export { days, hours, minutes, seconds } from './duration.ts';
export { lake } from './lake.ts';
export { counting, global, hopping, session, sliding, tumbling } from './over.ts';
export { pipeline } from './pipeline.ts';
export type { Plan, ProcessContext, SavedQuery, WakeContext } from './plan.ts';
export type { Processed, ProcessOptions } from './process.ts';
export { alert, stream, view } from './sinks.ts';
export { from } from './stream.ts';
