import type { EventType } from '../event/event.ts';
import { type Cell, keep } from '../event/json.ts';
import type { Emitted, ProcessNode, ProcessResult } from '../pipeline/plan.ts';
import { wakeAfter } from '../pipeline/wake.ts';
import type { Effects, Item, Push, Wake } from './operator.ts';

/** A step with state, as it is linked into a program. */
export interface Process {
  /** For each of the step's inputs, what takes its items. What they make it emit leaves under the event's id with
   *  `/<step>.<n>` behind it. */
  readonly pushes: readonly Push[];
  /** Takes a key whose time has come. What it emits leaves under the id `<step>/<time>/<key>.<n>`. No key is due twice at
   *  one time, so ids are the same at every replay, whatever the batches and shards. */
  readonly wake: Wake;
}

/** What linking knows of a step. */
export interface ProcessLink {
  readonly pipeline: string;
  /** Of the events that come to the step; of several, the first. */
  readonly type: EventType;
  /** Whether anyone takes an output of the step. */
  readonly takes: (output: string) => boolean;
  /** How far behind event time the items may be that come to the step in time: its own time is so much later. */
  readonly delayMs: number;
}

export function process(node: ProcessNode, { pipeline, type, takes, delayMs }: ProcessLink, next: Push): Process {
  const keepCell = (
    key: string,
    result: ProcessResult,
    { expiresMs, watermarkMs }: { readonly expiresMs: number | undefined; readonly watermarkMs: number },
    effects: Effects,
  ) => {
    if (result.state === undefined) return effects.setCell(node.id, key, undefined);
    const wakeMs = wakeAfter(node, result.wakeMs, watermarkMs);
    const state = keep(node.id, result.state);
    const cell: Cell = {
      state,
      ...(wakeMs !== undefined && { wakeMs: wakeMs + delayMs }),
      ...(expiresMs !== undefined && { expiresMs: expiresMs + delayMs }),
    };
    effects.setCell(node.id, key, cell);
  };
  const emit = (item: Item, emitted: readonly Emitted[] = [], prefix: string, effects: Effects) =>
    emitted.forEach(({ data, output, timeMs = item.event.timeMs, as }, n) => {
      const event = as || timeMs !== item.event.timeMs ? { ...item.event, ...as, timeMs } : item.event;
      const suffix = as ? '' : `${item.suffix}${prefix}.${n}`;
      next({ ...item, event, isDerived: true, output, suffix, data }, effects);
    });

  const pushTo =
    (input: number): Push =>
    (item, effects) => {
      const { key, timeMs, source } = item.event;
      const watermarkMs = effects.watermarkMs - delayMs;
      const before = effects.cellOf(node.id, key)?.state ?? keep(node.id, node.init(key));
      const id = item.event.id + item.suffix;
      const context = { key, timeMs, watermarkMs, id, source, input, takes };
      const result = node.on(before as never, item.data as never, context);
      const expiresMs = node.ttlMs === undefined ? undefined : Math.max(timeMs, watermarkMs) + node.ttlMs;
      keepCell(key, result, { expiresMs, watermarkMs }, effects);
      emit(item, result.emit, `/${node.id}`, effects);
    };

  return {
    pushes: node.inputs.map((_, input) => pushTo(input)),
    wake({ key, dueMs: atMs, shardId, sequenceNumber }, effects) {
      const cell = effects.cellOf(node.id, key);
      if (!cell || cell.wakeMs === undefined || cell.wakeMs > atMs || !node.onWake) {
        return effects.setCell(node.id, key, undefined); // not woken but expired
      }
      const dueMs = atMs - delayMs;
      const result = node.onWake(cell.state as never, { key, wakeMs: dueMs, takes });
      const expiresMs = cell.expiresMs === undefined ? undefined : cell.expiresMs - delayMs;
      keepCell(key, result, { expiresMs, watermarkMs: dueMs }, effects);
      const id = `${node.id}/${dueMs}/${key}`;
      const woken = { type, id, source: `/millrace/${pipeline}`, key, timeMs: dueMs, data: undefined };
      const item = { event: woken, shardId, sequenceNumber, suffix: '', isDerived: true, data: undefined };
      emit(item, result.emit, '', effects);
    },
  };
}
