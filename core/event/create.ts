import * as z from 'zod';
import type { CloudEvent } from './envelope.ts';
import type { DataOf, EventType } from './event.ts';

/** Makes an event of a type. Put it again as it is to retry: `source` and `id` together make it the same event.
 *  @throws ZodError when the data does not follow the event's schema. */
export function createEvent<Type extends EventType>(
  type: Type,
  event: { readonly id: string; readonly source: string; readonly time?: string; readonly data: DataOf<Type> },
): CloudEvent {
  return { specversion: '1.0', ...event, type: type.type, data: z.parse(type.schema, event.data) };
}
