/** What a pipeline's author imports. */
export * from '../aggregates/index.ts';
export { days, hours, minutes, seconds } from './duration.ts';
export type { JoinOptions } from './join.ts';
export { lake } from './lake.ts';
export type { LookupOptions } from './lookup.ts';
export { hopping, session, tumbling } from './over.ts';
export { pipeline } from './pipeline.ts';
export type { Plan, ProcessContext, SavedQuery, WakeContext } from './plan.ts';
export type { Processed, ProcessOptions } from './process.ts';
export type { JoinHow } from './sides.ts';
export { alert, stream, view } from './sinks.ts';
export { from } from './stream.ts';
export type { SourceTable, Table } from './table.ts';
export type { TableChange } from './table-change.ts';
export type { TableJoinOptions } from './table-join.ts';
export type { ChangeRecord, RowChange, TableOptions } from './table-node.ts';
