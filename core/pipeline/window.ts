import type { Aggregates, AnyAggregate, ResultsOf } from '../aggregates/aggregate.ts';
import type { Json } from '../event/json.ts';
import { duration, PipelineError } from './errors.ts';
import type { Over, Span } from './over.ts';
import type { Emitted, ProcessNode, ProcessResult, StepContext, WakeContext } from './plan.ts';

export interface WindowOptions<Item, Named extends Aggregates<Item>> {
  readonly over: Over;
  /** How long after its end a window still takes late items, in milliseconds of event time; it closes after that.
   *  Default: 0. */
  readonly grace?: number;
  /** What to make of a window's items, by name. */
  readonly aggregate: Named;
}

/** A window's row. Times are ISO 8601 in UTC. */
export type Windowed<Named> = ResultsOf<Named> & {
  readonly key: string;
  readonly start: string;
  /** Excluded; of a session, its gap after the last item. */
  readonly end: string;
};

/** A window that has changed. */
export type Updated<Named> = Windowed<Named> & {
  /** How many items the window has: a higher one is a later version of the row. */
  readonly revision: number;
};

/** An open window of a key, as its state holds it. */
interface Open extends Span {
  /** Its aggregates' states, in the order of their names in the plan. */
  readonly held: readonly Json[];
  readonly items: number;
}

/** Most windows of a key that are open at a time. */
const MAX_OPEN = 1_000;

export function windowNode<Item, Named extends Aggregates<Item>>(
  id: string,
  inputs: readonly string[],
  { over, grace = 0, aggregate }: WindowOptions<Item, Named>,
): ProcessNode {
  const graceMs = duration(id, 'grace', grace);
  const names = Object.keys(aggregate);
  const aggregates = Object.values(aggregate) as readonly AnyAggregate<unknown>[];
  const taken = names.find((name) => RESERVED.includes(name));
  if (taken !== undefined)
    throw new PipelineError(id, `an aggregate '${taken}'`, `other names than ${RESERVED.join(', ')}`);
  if (names.length === 0) throw new PipelineError(id, 'no aggregate', 'at least one, such as { items: count() }');
  const closesMs = ({ endMs }: Span) => endMs + graceMs;
  const row = (key: string, { startMs, endMs, held }: Open) => ({
    key,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    ...Object.fromEntries(names.map((name, n) => [name, aggregates[n]?.result(held[n] as never)])),
  });
  const merged = (left: Open, right: Open): Open => ({
    startMs: Math.min(left.startMs, right.startMs),
    endMs: Math.max(left.endMs, right.endMs),
    held: aggregates.map(({ merge }, n) => merge(left.held[n] as never, right.held[n] as never)),
    items: left.items + right.items,
  });

  /** The key's windows with the item's in them, and the one that the item came into. */
  const put = (open: readonly Open[], fresh: Open): { readonly windows: readonly Open[]; readonly into: Open } => {
    const isSame = (each: Open) =>
      over.merges ? each.startMs < fresh.endMs && fresh.startMs < each.endMs : each.startMs === fresh.startMs;
    const same = open.filter(isSame);
    const [first, ...more] = same;
    const before = first && more.reduce(merged, first);
    const into = before ? merged(before, fresh) : fresh;
    const windows = [...open.filter((each) => !isSame(each)), into].sort((a, b) => a.startMs - b.startMs);
    return { windows, into };
  };

  const resultOf = (windows: readonly Open[], emit: readonly Emitted[]): ProcessResult => ({
    state: windows.length === 0 ? undefined : { windows },
    emit,
    wakeMs: windows.length === 0 ? undefined : Math.min(...windows.map(closesMs)),
  });

  return {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // windows close, and with the last of them the key is forgotten
    shape: `window ${over.kind} ${graceMs} ${aggregates.map(({ kind }, n) => `${names[n]}=${kind}`).join(' ')}`,
    init: () => ({ windows: [] }),
    on: (
      { windows: open }: { windows: readonly Open[] },
      item: unknown,
      { key, timeMs, watermarkMs, id: itemId, takes }: StepContext,
    ) => {
      const held = aggregates.map((each) => each.of(item, { timeMs, id: itemId }));
      const emit: Emitted[] = [];
      let windows = open;
      let isLate = true;
      for (const span of over.windowsOf(timeMs)) {
        const { windows: next, into } = put(windows, { ...span, held, items: 1 });
        if (closesMs(into) <= watermarkMs) continue;
        isLate = false;
        windows = next;
        if (takes('updates')) emit.push({ output: 'updates', data: { ...row(key, into), revision: into.items } });
      }
      if (windows.length > MAX_OPEN)
        throw new RangeError(`${windows.length} windows of a key are open; at most ${MAX_OPEN} may be`);
      if (isLate) emit.push({ output: 'late', data: item });
      return resultOf(windows, emit);
    },
    onWake: ({ windows: open }: { windows: readonly Open[] }, { key, wakeMs }: WakeContext) => {
      const isDue = (each: Open) => closesMs(each) <= wakeMs;
      const due = open.filter(isDue).sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs);
      const emit = due.map((each) => ({ output: 'closed', data: row(key, each), timeMs: each.endMs - 1 }));
      return resultOf(
        open.filter((each) => !isDue(each)),
        emit,
      );
    },
  };
}

const RESERVED = ['key', 'start', 'end', 'revision'];
