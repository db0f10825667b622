import type { CloudEvent } from '../../core/event/index.ts';
import { days, type Plan } from '../../core/pipeline/index.ts';
import { drive } from '../../testing/drive.ts';
import type { QueryOptions } from './query.ts';
import type { Row } from './rows.ts';

/** How long nothing comes after the last event, so that whatever waits for time to pass has had it. */
const SILENCE_MS = days(400);

/** Runs a pipeline of these queries over the events, in memory, and lets time pass until every window has closed. Rows by
 *  query.
 *  @throws Error when an event did not get through. */
export async function runQueries(
  plan: Plan,
  queries: readonly Pick<QueryOptions, 'name' | 'output'>[],
  events: readonly CloudEvent[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const driven = drive(plan);
  const types = new Set(plan.nodes.flatMap(({ kind, id }) => (kind === 'source' ? [id] : [])));
  await driven.send(events.filter(({ type }) => types.has(type)));
  await driven.advance(SILENCE_MS);
  const failed = [driven.quarantined(), driven.parked()].map(({ length }) => length);
  if (failed.some((count) => count > 0))
    throw new Error(`${plan.name}: ${failed[0]} quarantined events and ${failed[1]} parked keys; expected none`);
  const rowsOf = ({ name, output }: (typeof queries)[number]) =>
    output.path.at(-1)?.kind === 'view' ? Object.values(driven.view(name)) : driven.rows(name);
  return new Map(queries.map((query) => [query.name, rowsOf(query) as readonly Row[]]));
}
