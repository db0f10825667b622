import type { ItemTime } from '../aggregates/aggregate.ts';
import type { Aggregation, Held, Window } from './aggregation.ts';
import type { Span, TimeOver } from './over.ts';
import type { Combiner, Emitted, ProcessNode, ProcessResult, StepContext, StepWakeContext } from './plan.ts';

/** A part of event time with its items' aggregates: windows that overlap are made of several, so that an item is added
 *  once. */
type Pane = readonly [startMs: number, endMs: number, items: number, held: Held];

/** What is kept of a key. */
interface Open {
  /** When a window is to be told next: those before have been, or had no items then. */
  readonly nextMs: number;
  readonly panes: readonly Pane[];
}

/** Most panes of a key that are held at a time. */
const MAX_PANES = 1_000;

/** Windows that are spans of event time. A key is woken at each end, if `results` are taken, and at each end and grace. */
export function timeWindow(
  id: string,
  inputs: readonly string[],
  over: TimeOver,
  grace: number,
  aggregation: Aggregation,
): ProcessNode {
  // What touches a session belongs to it: it is open for the millisecond in which that may still come.
  const graceMs = grace + (over.merges ? 1 : 0);
  const { merge, row, version } = aggregation;
  const merged = (left: Pane, right: Pane): Pane => [
    Math.min(left[0], right[0]),
    Math.max(left[1], right[1]),
    left[2] + right[2],
    merge(left[3], right[3]),
  ];

  /** The panes with a fresh one among them, in order, and its place: mostly the end, so it is sought from there. */
  const put = (panes: readonly Pane[], fresh: Pane): { readonly panes: readonly Pane[]; readonly at: number } => {
    const [startMs, endMs] = fresh;
    let end = panes.length;
    while (end > 0 && (panes[end - 1] as Pane)[0] > (over.merges ? endMs : startMs)) end -= 1;
    let at = end;
    while (at > 0 && (panes[at - 1] as Pane)[over.merges ? 1 : 0] >= startMs) at -= 1;
    const [first, ...more] = panes.slice(at, end);
    const into = first ? merged(more.reduce(merged, first), fresh) : fresh;
    return { panes: [...panes.slice(0, at), into, ...panes.slice(end)], at };
  };

  /** The windows, which all have the pane at `at`: once back from it and once on, however many they are. */
  const windowsAcross = (panes: readonly Pane[], at: number, spans: readonly Span[]): readonly Window[] => {
    let [begin, end] = [at, at];
    let back = panes[at] as Pane;
    let on: Pane | undefined;
    const ons = spans.map(({ endMs }) => {
      for (let next = panes[end + 1]; next && next[1] <= endMs; next = panes[end + 1]) {
        on = on ? merged(on, next) : next;
        end += 1;
      }
      return on;
    });
    const windows = spans.map((_, n): Window => {
      const place = spans.length - 1 - n;
      const span = spans[place] as Span;
      for (let next = panes[begin - 1]; next && next[0] >= span.startMs; next = panes[begin - 1]) {
        back = merged(next, back);
        begin -= 1;
      }
      const after = ons[place];
      const [, , items, held] = after ? merged(back, after) : back;
      return { ...span, items, held };
    });
    return windows.reverse();
  };

  const windowAfter = ([startMs, endMs]: Pane, ms: number) => over.windowAfter({ startMs, endMs }, ms);
  /** The windows of a pane that end after a time. */
  const windowsAfter = (pane: Pane, ms: number): readonly Span[] => {
    const spans: Span[] = [];
    for (let span = windowAfter(pane, ms); span; span = windowAfter(pane, span.endMs)) spans.push(span);
    return spans;
  };
  /** The first window that ends after a time, and its first pane. */
  const firstAfter = (panes: readonly Pane[], ms: number) => {
    for (const [at, pane] of panes.entries()) {
      const span = windowAfter(pane, ms);
      if (span) return { at, span };
    }
    return undefined;
  };
  /** The windows that end from one time to another. */
  const endingIn = (panes: readonly Pane[], fromMs: number, toMs: number): readonly Window[] => {
    const windows: Window[] = [];
    let next = firstAfter(panes, fromMs - 1);
    while (next && next.span.endMs <= toMs) {
      windows.push(...windowsAcross(panes, next.at, [next.span]));
      next = firstAfter(panes, next.span.endMs);
    }
    return windows;
  };

  /** Windows have been told that were to be up to `toldMs`. */
  const resultOf = (
    panes: readonly Pane[],
    emit: readonly Emitted[],
    toldMs: number,
    takes: StepContext['takes'],
  ): ProcessResult => {
    const closing = firstAfter(panes, toldMs - graceMs);
    if (closing === undefined) return { state: undefined, emit };
    const ending = takes('results') ? firstAfter(panes, toldMs) : undefined;
    const nextMs = Math.min(closing.span.endMs + graceMs, ending?.span.endMs ?? Number.POSITIVE_INFINITY);
    return { state: { nextMs, panes: panes.slice(closing.at) }, emit, wakeMs: nextMs };
  };

  const paneOf = (item: unknown, at: ItemTime): Pane => {
    const { startMs, endMs } = over.paneOf(at.timeMs);
    return [startMs, endMs, 1, aggregation.of(item, at)];
  };

  /** The step that takes what a pane is made of. */
  const stepOf = (freshOf: typeof paneOf): ProcessNode => ({
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // windows close, and with the last of them the key is forgotten
    delayMs: graceMs,
    shape: `window ${over.kind} ${grace} ${aggregation.shape}`,
    init: () => ({ nextMs: Number.MAX_SAFE_INTEGER, panes: [] }),
    on: (open: Open, item: unknown, { key, timeMs, watermarkMs, id: itemId, takes }: StepContext) => {
      const toldMs = Math.min(watermarkMs, open.nextMs - 1);
      const { panes, at } = put(open.panes, freshOf(item, { timeMs, id: itemId }));
      const into = panes[at] as Pane;
      const closedMs = watermarkMs - graceMs;
      if (!windowAfter(into, closedMs)) return resultOf(open.panes, [{ output: 'late', data: item }], toldMs, takes);
      if (panes.length > MAX_PANES)
        throw new RangeError(`${panes.length} windows of a key are open; at most ${MAX_PANES} may be`);
      const [tellsUpdates, tellsResults] = [takes('updates'), takes('results')];
      const told = tellsUpdates || tellsResults ? windowsAcross(panes, at, windowsAfter(into, closedMs)) : [];
      const emit: Emitted[] = [];
      for (const window of told) {
        const data = version(key, window);
        // A correction is no earlier than the window's end: an item in its grace may be, and would be late behind it.
        const corrected = { timeMs: window.endMs - 1 };
        if (tellsUpdates) emit.push({ output: 'updates', data, ...(timeMs < watermarkMs && corrected) });
        if (tellsResults && window.endMs <= watermarkMs) emit.push({ output: 'results', data, ...corrected });
      }
      return resultOf(panes, emit, toldMs, takes);
    },
    onWake: ({ nextMs, panes }: Open, { key, wakeMs, takes }: StepWakeContext) => {
      const closed = endingIn(panes, nextMs - graceMs, wakeMs - graceMs);
      const ended = takes('results') ? endingIn(panes, nextMs, wakeMs) : [];
      const emit = [
        ...closed.map((window) => ({ output: 'closed', data: row(key, window), timeMs: window.endMs - 1 })),
        ...ended.map((window) => ({ output: 'results', data: version(key, window), timeMs: window.endMs - 1 })),
      ];
      return resultOf(panes, emit, wakeMs, takes);
    },
  });

  const combiner: Combiner = {
    partsOf: (item, at) => {
      const pane = paneOf(item, at);
      return [[String(pane[0]), pane]];
    },
    merge: merged,
    node: stepOf((pane) => pane as Pane),
  };
  return { ...stepOf(paneOf), combiner };
}
