import type { CloudEvent } from './envelope.ts';
import type { EventType } from './event.ts';
import { Rejected, show } from './rejection.ts';

/** By version: makes of the data of that version those of the next. What comes of the last is checked by the schema. */
export type Upcasters = Readonly<Record<number, (data: Readonly<Record<string, unknown>>) => unknown>>;

/** The attribute that says which version of its type's schema an event follows; the first says nothing. */
export const versionAttribute = ({ version }: Pick<EventType, 'version'>): Pick<CloudEvent, 'schemaversion'> =>
  version === 1 ? {} : { schemaversion: version };

/** An event's data, as the present version of its type has them.
 *  @throws Rejected when the event is of a later version, or an upcaster threw. */
export function upcast({ type, version, upcasters }: EventType, { schemaversion = 1, data }: CloudEvent): unknown {
  if (schemaversion > version) {
    throw new Rejected(
      'schema',
      type,
      `version ${schemaversion}`,
      `a version up to ${version}: deploy what knows more`,
    );
  }
  let current = data;
  for (let from = schemaversion; from < version; from++) {
    try {
      current = upcasters[from]?.(current as Readonly<Record<string, unknown>>);
    } catch (error) {
      throw new Rejected('schema', type, show(error), `data that the upcaster from version ${from} takes`);
    }
  }
  return current;
}
