/** What an event's author imports. */
export { createEvent } from './create.ts';
export type { CloudEvent, Decode, RecordOrigin } from './envelope.ts';
export { type DataOf, type EventType, event } from './event.ts';
