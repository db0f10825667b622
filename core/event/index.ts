/** What an event's author imports. */
export type { Change, ChangedTable, ChangeOptions } from './changes/change.ts';
export { debeziumChanges } from './changes/debezium.ts';
export { dmsChanges } from './changes/dms.ts';
export { dynamodbChanges } from './changes/dynamodb.ts';
export { changeSchema } from './changes/schema.ts';
export { createEvent } from './create.ts';
export { type CloudEvent, type Decode, IGNORED, type RecordOrigin } from './envelope.ts';
export { type DataOf, type EventType, event } from './event.ts';
