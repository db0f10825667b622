import * as z from 'zod';
import type { CloudEvent } from './envelope.ts';
import type { EventType } from './event.ts';
import { versionAttribute } from './upcast.ts';

/** Makes an event of a type. Put it again as it is to retry: `source` and `id` together make it the same event. The data
 *  goes out as it was given; defaults and transformations of the schema apply where the event is read.
 *  @throws ZodError when the data does not follow the event's schema. */
export function createEvent<Type extends EventType>(
  type: Type,
  event: {
    readonly id: string;
    readonly source: string;
    readonly time?: string;
    readonly data: z.input<Type['schema']>;
  },
): CloudEvent {
  z.parse(type.schema, event.data);
  return { specversion: '1.0', ...event, type: type.type, ...versionAttribute(type) };
}
