import { keep } from '../event/json.ts';
import type { Aggregation, Held } from './aggregation.ts';
import { type Admit, inOrder } from './in-order.ts';
import type { SlidingOver } from './over.ts';
import { added, lengthOf, type Parts } from './parts.ts';
import type { ProcessNode, ProcessResult, StepContext } from './plan.ts';

type Entry = readonly [timeMs: number, held: Held];

type Entries = Parts<Entry>;

/** The items of a key's last window, as a queue of two stacks: new ones come to the `back`; when the `front` is used up,
 *  the back becomes the front. What the back comes to grows with each item, and what the front comes to from each of its
 *  items on is added up once: so an item costs some three merges, however many lie in a window. */
interface Queue {
  readonly front: Entries;
  /** How many of the front's first part have left the window. */
  readonly gone: number;
  readonly back: Entries;
}

/** Most items of a key that lie in a window or wait. */
const MAX_ITEMS = 4_000;

/** For each item in the order of event time, the aggregates of the window that it ends. */
export function slidingWindow(
  id: string,
  inputs: readonly string[],
  { kind, sizeMs }: SlidingOver,
  aggregation: Aggregation,
): ProcessNode {
  const { merge } = aggregation;
  /** Sums are not in the state: they follow from it, and what grows at an item's turn could not be refused any more. */
  const sums = new WeakMap<Entries, Held>();
  const suffixes = new WeakMap<Entries, readonly (readonly Held[])[]>();

  const sumOf = (back: Entries): Held | undefined => {
    const known = sums.get(back);
    if (known || back.length === 0) return known;
    const sum = back
      .flat()
      .map(([, held]) => held)
      .reduce((left, right) => merge(left, right));
    sums.set(back, sum);
    return sum;
  };

  const suffixesOf = (front: Entries): readonly (readonly Held[])[] => {
    const known = suffixes.get(front);
    if (known) return known;
    let sum: Held | undefined;
    const add = ([, held]: Entry) => {
      sum = sum ? merge(held, sum) : held;
      return sum;
    };
    const made = front.toReversed().map((part) => part.toReversed().map(add).toReversed());
    made.reverse();
    suffixes.set(front, made);
    return made;
  };

  const pushed = (back: Entries, entry: Entry): Entries => {
    const next = keep(id, added(back, entry)) as Entries;
    const sum = sumOf(back);
    sums.set(next, sum ? merge(sum, entry[1]) : entry[1]);
    return next;
  };

  /** Without the items up to a time. */
  const without = (queue: Queue, passedMs: number): Queue => {
    let { front, gone, back } = queue;
    for (;;) {
      const [part] = front;
      const first = part?.[gone];
      if (part === undefined && back.length > 0) [front, back] = [back, []];
      else if (first === undefined || first[0] > passedMs) return { front, gone, back };
      else if (++gone === part?.length) {
        const rest = keep(id, front.slice(1)) as Entries;
        suffixes.set(rest, suffixesOf(front).slice(1));
        [front, gone] = [rest, 0];
      }
    }
  };

  const node: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // once its last item has left the window, the key is forgotten
    shape: `window ${kind} ${aggregation.shape}`,
    init: () => ({ front: [], gone: 0, back: [] }),
    on: (queue: Queue, held: Held, { key, timeMs, takes }: StepContext): ProcessResult => {
      const { front, gone, back: before } = without(queue, timeMs - sizeMs);
      const back = pushed(before, [timeMs, held]);
      const older = front.length > 0 ? suffixesOf(front)[0]?.[gone] : undefined;
      const newer = sumOf(back) as Held;
      const window = {
        startMs: timeMs + 1 - sizeMs,
        endMs: timeMs + 1,
        items: lengthOf(front) - gone + lengthOf(back),
        held: older ? merge(older, newer) : newer,
      };
      const version = { data: aggregation.version(key, window) };
      const emit = [
        { output: 'closed', data: aggregation.row(key, window) },
        ...['updates', 'results'].filter(takes).map((output) => ({ output, ...version })),
      ];
      return { state: { front, gone, back }, emit, wakeMs: timeMs + sizeMs };
    },
    onWake: () => ({ state: undefined }),
  };
  const admit: Admit = (item, at, own: Queue | undefined, waiting) => {
    const items = own ? lengthOf(own.front) - own.gone + lengthOf(own.back) + waiting : waiting;
    if (items < MAX_ITEMS) return aggregation.of(item, at);
    throw new RangeError(`${items} items of a key lie within ${sizeMs} ms or wait; at most so many may`);
  };
  return inOrder(node, { admit });
}
