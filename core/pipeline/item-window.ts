import type { Aggregation, Held } from './aggregation.ts';
import { PipelineError, positive } from './errors.ts';
import { inOrder } from './in-order.ts';
import { type CountingOver, type GlobalOver, itemsIn } from './over.ts';
import type { Emitted, ProcessNode, ProcessResult, StepContext, StepWakeContext } from './plan.ts';

/** When the results of a window that has no end of its own are due. */
export type Trigger<Results> =
  /** At every so many items. */
  | { readonly items: number }
  /** At every multiple of so many milliseconds of event time before which items have come. */
  | { readonly every: number }
  /** At each item with which they are like this. */
  | { readonly when: (results: Results) => boolean };

/** A key's items since its window began. */
interface Group {
  readonly startMs: number;
  readonly lastMs: number;
  readonly items: number;
  /** How many of them were there when results were last due. */
  readonly told: number;
  readonly held: Held;
}

/** What ends a window, and when its results are due. */
interface Rule {
  readonly shape: string;
  /** Whether results are due at the last item. */
  readonly isDue: (group: Group) => boolean;
  /** When they are due by time; Infinity for never. */
  readonly dueMs: (group: Group) => number;
  /** When the window closes by time. */
  readonly endMs: (group: Group) => number;
  /** Whether the window closes when its results are due. */
  readonly purges: boolean;
}

export function countingWindow(
  id: string,
  inputs: readonly string[],
  { kind, items, atMostMs }: CountingOver,
  aggregation: Aggregation,
): ProcessNode {
  const rule = {
    shape: kind,
    isDue: (group: Group) => group.items === items,
    dueMs: () => Number.POSITIVE_INFINITY,
    endMs: ({ startMs }: Group) => startMs + atMostMs,
    purges: true,
  };
  return itemWindow(id, inputs, rule, aggregation);
}

export function globalWindow(
  id: string,
  inputs: readonly string[],
  { kind, ttlMs }: GlobalOver,
  { trigger, purge }: { readonly trigger: Trigger<never> | undefined; readonly purge: boolean },
  aggregation: Aggregation,
): ProcessNode {
  const rule = {
    ...due(id, trigger, aggregation),
    endMs: ({ lastMs }: Group) => lastMs + ttlMs,
    purges: purge,
  };
  return itemWindow(id, inputs, { ...rule, shape: `${kind} ${rule.shape} ${purge}` }, aggregation);
}

function due(
  id: string,
  trigger: Trigger<never> | undefined,
  { results }: Aggregation,
): Pick<Rule, 'shape' | 'isDue' | 'dueMs'> {
  const never = () => Number.POSITIVE_INFINITY;
  if (trigger === undefined)
    throw new PipelineError(id, 'a global window without emit', '{ items }, { every } or { when }');
  if ('items' in trigger) {
    const items = itemsIn(id, trigger.items);
    return { shape: `items ${items}`, isDue: (group) => group.items % items === 0, dueMs: never };
  }
  if ('every' in trigger) {
    const every = positive(id, 'every', trigger.every);
    const next = ({ lastMs, items, told }: Group) =>
      told < items ? (Math.floor(lastMs / every) + 1) * every : Number.POSITIVE_INFINITY;
    return { shape: `every ${every}`, isDue: () => false, dueMs: next };
  }
  return { shape: 'when =>', isDue: ({ held }) => trigger.when(results(held) as never), dueMs: never };
}

/** Windows of a key's items in the order of event time, one after the other. */
function itemWindow(id: string, inputs: readonly string[], rule: Rule, aggregation: Aggregation): ProcessNode {
  const { of, merge, row, version } = aggregation;
  const next = (group: Group, emit: readonly Emitted[]): ProcessResult => ({
    state: group,
    emit,
    wakeMs: Math.min(rule.dueMs(group), rule.endMs(group)),
  });

  const node: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // windows close by time, if by nothing else
    shape: `window ${rule.shape} ${aggregation.shape}`,
    init: () => null,
    on: (before: Group | null, held: Held, { key, timeMs, takes }: StepContext) => {
      const group: Group = before
        ? { ...before, lastMs: timeMs, items: before.items + 1, held: merge(before.held, held) }
        : { startMs: timeMs, lastMs: timeMs, items: 1, told: 0, held };
      const window = { ...group, endMs: timeMs + 1 };
      const isDue = rule.isDue(group);
      const isOver = isDue && rule.purges;
      const emit: Emitted[] = isOver ? [{ output: 'closed', data: row(key, window) }] : [];
      if (takes('updates')) emit.push({ output: 'updates', data: version(key, window) });
      if (isDue && takes('results')) emit.push({ output: 'results', data: version(key, window) });
      if (isOver) return { state: undefined, emit };
      return next(isDue ? { ...group, told: group.items } : group, emit);
    },
    onWake: (group: Group, { key, wakeMs, takes }: StepWakeContext) => {
      const window = { ...group, endMs: wakeMs };
      const isOver = rule.purges || wakeMs >= rule.endMs(group);
      const timeMs = wakeMs - 1;
      const emit: Emitted[] = isOver ? [{ output: 'closed', data: row(key, window), timeMs }] : [];
      if (group.told < group.items && takes('results'))
        emit.push({ output: 'results', data: version(key, window), timeMs });
      return isOver ? { state: undefined, emit } : next({ ...group, told: group.items }, emit);
    },
  };
  return inOrder(node, { admit: of });
}
