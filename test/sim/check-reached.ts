import type { Taken } from './oracle.ts';
import type { PartOutcome } from './outcome.ts';
import { rowsOf, show, view } from './rows.ts';
import type { Services } from './services.ts';
import { holds, type SimShard } from './stream.ts';

/** Steps that all lines come to, each in its turn, and the tables of what comes late to them. */
const IN_TURN = [
  ['sorted', 'late_sorted'],
  ['catch', 'late_catches'],
] as const;

/** What is wrong with the time after a reshard: what is before that to which a key had come in a parent is late. */
export async function reachedFaults(
  { stream, inspector }: PartOutcome,
  through: readonly Taken[],
  services: Services,
): Promise<readonly string[]> {
  const reached = new Map<SimShard, number>();
  for (const shard of stream.shards.filter(({ isClosed }) => isClosed))
    reached.set(shard, (await inspector.read(shard.id))?.seenToMs ?? Number.NEGATIVE_INFINITY);
  const lateIds = new Set(IN_TURN.flatMap(([, table]) => [...view(rowsOf(services, table)).keys()]));
  const isLate = (id: string) => IN_TURN.some(([step]) => lateIds.has(`${id}/${step}.0`));
  return through.flatMap(({ lines, partitionKey, record }) => {
    const before = ancestorsOf(record.shard).filter((shard) => holds(shard, partitionKey));
    const reachedMs = Math.max(Number.NEGATIVE_INFINITY, ...before.map((shard) => reached.get(shard) ?? 0));
    const wrong = lines.filter(({ id, timeMs }) => timeMs < reachedMs && !isLate(id));
    return wrong.map(({ id }) => `${show(id)} is not late, though time had passed it before a reshard`);
  });
}

const ancestorsOf = ({ parents }: SimShard): readonly SimShard[] =>
  parents.flatMap((parent) => [parent, ...ancestorsOf(parent)]);
