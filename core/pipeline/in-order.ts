import type { ItemTime } from '../aggregates/aggregate.ts';
import { type Json, keep } from '../event/json.ts';
import type { Emitted, ProcessNode, ProcessResult, StepContext, StepWakeContext } from './plan.ts';
import { wakeAfter } from './wake.ts';

/** An item that waits for its turn. */
type Waiting = readonly [timeMs: number, id: string, source: string, input: number, data: Json];

/** What is kept of a key: the items that event time has not passed, in its order, and what the step keeps itself. */
export interface Queue {
  readonly waiting: readonly Waiting[];
  readonly own?: Json;
  /** When the step itself wants to be woken. */
  readonly ownWakeMs?: number;
}

/** Most items of a key that wait. */
const MAX_WAITING = 1_000;

/** What of an item waits for its turn, made when it arrives: what is thrown here parks the item's record, while what is
 *  thrown at its turn stops the pipeline. `own` is what the step keeps, undefined for nothing; `waiting` how many items wait already. */
export type Admit = (item: never, at: ItemTime, own: never, waiting: number) => unknown;

/** A step that gives the items on in the order of event time, by the output `items`. */
export const sorted = (id: string, inputs: readonly string[]): ProcessNode =>
  inOrder({
    kind: 'process',
    id,
    inputs,
    init: () => null,
    on: (_: null, data: unknown) => ({ state: undefined, emit: [{ output: 'items', data }] }),
    onWake: undefined,
    ttlMs: undefined, // nothing is kept once an item's turn has come
    shape: 'in-order',
  });

export interface InOrderOptions {
  readonly admit?: Admit;
  /** Inputs whose items are taken also behind the watermark. */
  readonly takesLate?: readonly number[];
}

/** The step with its items in the order of event time, those of one millisecond by input and id: each waits until the watermark has
 *  passed it, so that what the step makes of them does not depend on the order in which they arrive. An item behind the
 *  watermark comes too late for that, and leaves by the output `late`; those of the inputs `takesLate` are taken all the
 *  same, as soon as event time moves on.
 *
 *  What an item makes the step emit leaves under the item's id, whenever its turn comes. */
export function inOrder(
  node: ProcessNode,
  { admit = (item) => item, takesLate = [] }: InOrderOptions = {},
): ProcessNode {
  /** The queue once the step has taken all whose time has come. */
  const run = (queue: Queue, key: string, untilMs: number, takes: StepContext['takes']): ProcessResult => {
    const emit: Emitted[] = [];
    let { own, ownWakeMs = Number.POSITIVE_INFINITY } = queue;
    const follow = ({ state, wakeMs }: ProcessResult, atMs: number) => {
      own = state === undefined ? undefined : keep(node.id, state);
      ownWakeMs = (own !== undefined && wakeAfter(node, wakeMs, atMs)) || Number.POSITIVE_INFINITY;
    };
    let passed = 0;
    for (;;) {
      const first = queue.waiting[passed];
      if (first && first[0] < Math.min(untilMs, ownWakeMs)) {
        const [timeMs, id, source, input, data] = first;
        const context = { key, timeMs, watermarkMs: untilMs, id, source, input, takes };
        const result = node.on((own ?? keep(node.id, node.init(key))) as never, data as never, context);
        follow(result, timeMs);
        result.emit?.forEach((each, n) => {
          emit.push({ timeMs, as: { id: `${id}/${node.id}.${n}`, source }, ...each });
        });
        passed += 1;
      } else if (ownWakeMs <= untilMs) {
        const result = node.onWake?.(own as never, { key, wakeMs: ownWakeMs, takes });
        follow(result ?? { state: own }, ownWakeMs);
        for (const each of result?.emit ?? []) emit.push(each);
      } else break;
    }
    return resultOf({ waiting: queue.waiting.slice(passed), own, ownWakeMs }, emit);
  };

  return {
    ...node,
    init: () => ({ waiting: [] }),
    on: (queue: Queue, data: Json, { timeMs, watermarkMs, id, source, input }: StepContext) => {
      if (timeMs < watermarkMs && !takesLate.includes(input)) return resultOf(queue, [{ output: 'late', data }]);
      const { waiting, own } = queue;
      if (waiting.length >= MAX_WAITING)
        throw new RangeError(`${waiting.length} items of a key wait for event time to pass them; at most so many may`);
      const admitted = keep(node.id, admit(data as never, { timeMs, id }, own as never, waiting.length));
      return resultOf({ ...queue, waiting: inserted(waiting, [timeMs, id, source, input, admitted]) }, []);
    },
    onWake: (queue: Queue, { key, wakeMs, takes }: StepWakeContext) => run(queue, key, wakeMs, takes),
  };
}

function resultOf({ waiting, own, ownWakeMs = Number.POSITIVE_INFINITY }: Queue, emit: readonly Emitted[]) {
  if (waiting.length === 0 && own === undefined) return { state: undefined, emit };
  const wakeMs = Math.min(waiting[0] ? waiting[0][0] + 1 : Number.POSITIVE_INFINITY, ownWakeMs);
  const isWoken = wakeMs < Number.POSITIVE_INFINITY;
  const ownWake = ownWakeMs < Number.POSITIVE_INFINITY && { ownWakeMs };
  return {
    state: { waiting, ...(own !== undefined && { own }), ...ownWake },
    emit,
    wakeMs: isWoken ? wakeMs : undefined,
  };
}

/** Items mostly come in order: the place is sought from the end. */
function inserted(waiting: readonly Waiting[], item: Waiting): readonly Waiting[] {
  let place = waiting.length;
  while (place > 0 && compare(waiting[place - 1] as Waiting, item) > 0) place -= 1;
  return [...waiting.slice(0, place), item, ...waiting.slice(place)];
}

const compare = ([timeA, idA, sourceA, inputA]: Waiting, [timeB, idB, sourceB, inputB]: Waiting) =>
  timeA - timeB || inputA - inputB || order(idA, idB) || order(sourceA, sourceB);

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
