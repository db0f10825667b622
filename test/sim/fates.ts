import type { Inspector } from './inspector.ts';
import type { Expected, Taken } from './oracle.ts';
import { show } from './rows.ts';
import type { Scenario } from './scenario.ts';
import { holds } from './stream.ts';

/** Ids of the parked events, by partition key, in order. */
export async function parkedIds(inspector: Inspector): Promise<ReadonlyMap<string, readonly string[]>> {
  const parked = [...(await inspector.parkedRecords())];
  const identity = ({ source, id }: { source: string; id: string }) => `${source} ${id}`;
  return new Map(parked.map(([key, records]) => [key, records.map(({ data }) => identity(JSON.parse(String(data))))]));
}

export interface Fates {
  /** Events whose rows must be there. */
  readonly through: readonly Taken[];
  /** Parked events that no step throws on. */
  readonly behind: readonly Taken[];
  readonly faults: readonly string[];
}

/** What was to be taken through, of each partition key: all events, or all before those that are parked. Parked is the
 *  first event that a step throws on and all behind it; when the steps are mended, none.
 *  Strays, which an aggregate brought to a shard that is not the key's, have no order with the others. */
export function fatesOf(
  { taken }: Expected,
  parked: ReadonlyMap<string, readonly string[]>,
  { isFixed }: Scenario,
): Fates {
  const through: Taken[] = [];
  const behind: Taken[] = [];
  const faults: string[] = [];
  for (const key of parked.keys()) if (!taken.has(key)) faults.push(`parked of ${show(key)}: something unknown`);
  for (const [key, events] of taken) {
    const found = parked.get(key) ?? [];
    const placed = events.filter(({ record }) => holds(record.shard, key));
    const strays = events.filter(({ record }) => !holds(record.shard, key));
    const first = isFixed ? -1 : placed.findIndex(({ isFaulty }) => isFaulty);
    // A stray that is parked parks the key when its shard is merged with the key's own.
    const earlier = strays.some(({ isFaulty }) => isFaulty)
      ? placed.findIndex((event) => found.includes(event.identity))
      : -1;
    const cut = earlier >= 0 ? earlier : first >= 0 ? first : placed.length;
    const waiting = placed.slice(cut);
    const lost = strays.filter((event) => !isFixed && event.isFaulty && !found.includes(event.identity));
    const [own, others] = [waiting, strays].map((each) => each.map(({ identity }) => identity));
    if (String(found.filter((id) => !others?.includes(id))) !== String(own)) {
      faults.push(`parked of ${show(key)}: [${found}] instead of [${own}]`);
    }
    faults.push(...lost.map((event) => `parked of ${show(key)}: the stray ${event.identity} is missing`));
    const isParked = (event: Taken) => found.includes(event.identity);
    through.push(...placed.slice(0, cut), ...strays.filter((event) => !isParked(event) && !lost.includes(event)));
    behind.push(...[...waiting, ...strays.filter(isParked)].filter((event) => !event.isFaulty));
    if (isFixed && found.length > 0) faults.push(`parked of ${show(key)}: [${found}], though all is mended`);
  }
  return { through, behind, faults };
}
