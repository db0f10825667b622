/** What a pipeline's author imports. */
export * from '../aggregates/index.ts';
export { days, hours, minutes, seconds } from './duration.ts';
export { lake } from './lake.ts';
export { hopping, session, tumbling } from './over.ts';
export type { Skip } from './patterns/matcher.ts';
export type { Contiguity, Times } from './patterns/pattern.ts';
export type { Matched, SequenceOptions, TimedOut } from './patterns/sequence.ts';
export { pipeline } from './pipeline.ts';
export type { Plan, ProcessContext, SavedQuery, WakeContext } from './plan.ts';
export type { Processed, ProcessOptions } from './process.ts';
export { alert, stream, view } from './sinks.ts';
export { from } from './stream.ts';
