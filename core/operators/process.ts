import type { EventType } from '../event/event.ts';
import { type Cell, keep } from '../event/json.ts';
import type { Emitted, ProcessNode, ProcessResult, Takers } from '../pipeline/plan.ts';
import type { Effects, Item, Push, Wake } from './operator.ts';

/** A step with state, as it is linked into a program. */
export interface Process {
  /** Takes an item. What it emits leaves under the event's id with `/<step>.<n>` behind it. */
  readonly push: Push;
  /** Takes a key whose time has come. What it emits leaves under the id `<step>/<time>/<key>.<n>`. No key is due twice at
   *  one time, so ids are the same at every replay, whatever the batches and shards. */
  readonly wake: Wake;
}

export function process(
  node: ProcessNode,
  event: EventType,
  { pipeline, takes }: { readonly pipeline: string } & Takers,
  next: Push,
): Process {
  const keepCell = (key: string, result: ProcessResult, expiresMs: number | undefined, effects: Effects) => {
    if (result.state === undefined) return effects.setCell(node.id, key, undefined);
    const wakeMs = wakeAfter(node, result.wakeMs, effects.watermarkMs);
    const state = keep(node.id, result.state);
    const cell: Cell = {
      state,
      ...(wakeMs !== undefined && { wakeMs }),
      ...(expiresMs !== undefined && { expiresMs }),
    };
    effects.setCell(node.id, key, cell);
  };
  const emit = (item: Item, emitted: readonly Emitted[] = [], prefix: string, effects: Effects) =>
    emitted.forEach(({ data, output, timeMs = item.event.timeMs }, n) => {
      const event = timeMs === item.event.timeMs ? item.event : { ...item.event, timeMs };
      next({ ...item, event, isDerived: true, output, suffix: `${item.suffix}${prefix}.${n}`, data }, effects);
    });

  return {
    push(item, effects) {
      const { key, timeMs } = item.event;
      const { watermarkMs } = effects;
      const before = effects.cellOf(node.id, key)?.state ?? keep(node.id, node.init(key));
      const result = node.on(before as never, item.data as never, {
        key,
        timeMs,
        watermarkMs,
        id: item.event.id + item.suffix,
        takes,
      });
      const expiresMs = node.ttlMs === undefined ? undefined : Math.max(timeMs, watermarkMs) + node.ttlMs;
      keepCell(key, result, expiresMs, effects);
      emit(item, result.emit, `/${node.id}`, effects);
    },
    wake({ key, dueMs, shardId, sequenceNumber }, effects) {
      const cell = effects.cellOf(node.id, key);
      if (!cell || cell.wakeMs === undefined || cell.wakeMs > dueMs || !node.onWake) {
        return effects.setCell(node.id, key, undefined); // not woken but expired
      }
      const result = node.onWake(cell.state as never, { key, wakeMs: dueMs });
      keepCell(key, result, cell.expiresMs, effects);
      const id = `${node.id}/${dueMs}/${key}`;
      const woken = { type: event, id, source: `/millrace/${pipeline}`, key, timeMs: dueMs, data: undefined };
      const item = { event: woken, shardId, sequenceNumber, suffix: '', isDerived: true, data: undefined };
      emit(item, result.emit, '', effects);
    },
  };
}

/** A time that has passed is the next that has not: so each waking of a key has a time of its own. */
function wakeAfter(node: ProcessNode, wakeMs: number | undefined, watermarkMs: number): number | undefined {
  if (wakeMs === undefined) return undefined;
  if (!node.onWake) throw new TypeError(`step '${node.id}' asks to be woken; expected an onWake to wake`);
  if (!Number.isFinite(wakeMs))
    throw new RangeError(`step '${node.id}': wakeMs ${wakeMs}; expected milliseconds since 1970`);
  return Math.max(Math.floor(wakeMs), watermarkMs + 1);
}
