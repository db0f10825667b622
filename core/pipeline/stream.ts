import type { Aggregates } from '../aggregates/aggregate.ts';
import type { DataOf, EventType } from '../event/event.ts';
import { type ChangesOptions, changesNode } from './changes.ts';
import { type DedupeOptions, dedupeNode } from './dedupe.ts';
import { checkStepId, PipelineError } from './errors.ts';
import type { Fits } from './fits.ts';
import { sorted } from './in-order.ts';
import { type JoinOptions, joinNode } from './join.ts';
import { type Lake, tableOf } from './lake.ts';
import { type Looked, type LookupOptions, lookupNode } from './lookup.ts';
import { type Matched, type SequenceOptions, sequenceNode, type TimedOut } from './patterns/sequence.ts';
import type { LakeNode, OutputNode, PlanNode, ProcessNode, UnionNode } from './plan.ts';
import { type ProcessOptions, processNode } from './process.ts';
import { quietFor } from './quiet.ts';
import { type RateLimitOptions, rateLimitNode } from './rate-limit.ts';
import type { JoinHow } from './sides.ts';
import type { Target } from './sinks.ts';
import { SourceTable } from './table.ts';
import { type RowOf, type TableOptions, tableNode } from './table-node.ts';
import type { Version } from './version.ts';
import { type Updated, type Windowed, type WindowOptions, windowNode } from './window.ts';

/** Marks a stream whose items are the events' data unchanged, so that a table can take the events' own schema. */
export type AsTheyCame = 'events as they came';
/** Marks a stream whose items a step has made. */
export type Mapped = 'mapped';

/** Athena projects the partitions of a table by event day up to the day after tomorrow. */
const MAX_AHEAD_DAYS = 1;

/** A stream sent somewhere: what `pipeline()` takes. */
export interface Output {
  /** The nodes from the source to the sink. */
  readonly path: readonly PlanNode[];
}

/** What comes of a window step, each a stream of its own. */
export interface Windows<Item, Kind extends AsTheyCame | Mapped, Named> {
  /** Each window once, when it takes no more items: when event time has passed its end and grace. */
  readonly closed: Stream<Windowed<Named>, Mapped>;
  /** Each window when its results are due, at its end if it has one, and again at every item that comes in its grace. */
  readonly results: Stream<Updated<Named>, Mapped>;
  /** Each window at every item that comes into it, also in its grace. */
  readonly updates: Stream<Updated<Named>, Mapped>;
  /** Items that came too late for their windows, as they came. */
  readonly late: Stream<Item, Kind>;
}

/** A stream's items in the order of event time. */
export interface InOrder<Item, Kind extends AsTheyCame | Mapped> {
  readonly items: Stream<Item, Kind>;
  /** Items that came after event time had passed them, as they came. */
  readonly late: Stream<Item, Kind>;
}

/** What comes of a sequence, each a stream of its own. */
export interface Sequences<Item, Kind extends AsTheyCame | Mapped, Amounts> {
  /** Each match once: at the time of the item that completed it, or when its time has run out. */
  readonly matched: Stream<Matched<Item, Amounts>, Mapped>;
  /** Each partial match whose time ran out, at that time. */
  readonly timedOut: Stream<TimedOut<Item, Amounts>, Mapped>;
  /** Items that came after event time had passed them, as they came: they are in no match. */
  readonly late: Stream<Item, Kind>;
}

/** What comes of joining two streams. */
export interface Joined<
  Left,
  LeftKind extends AsTheyCame | Mapped,
  Right,
  RightKind extends AsTheyCame | Mapped,
  Result,
> {
  /** The joined rows. */
  readonly items: Stream<Result, Mapped>;
  /** Items that came after event time had passed them, as they came. */
  readonly late: { readonly left: Stream<Left, LeftKind>; readonly right: Stream<Right, RightKind> };
}

/** A stream's items in the order of event time, as many as may pass. */
export interface Limited<Item, Kind extends AsTheyCame | Mapped> extends InOrder<Item, Kind> {
  /** The others. */
  readonly over: Stream<Item, Kind>;
}

/** A stream of items keyed by its events' key. Immutable: every verb returns a new stream, so a stream can be used
 *  any number of times. */
export class Stream<Item, Kind extends AsTheyCame | Mapped> {
  /** The type of the events that the items were made of; of several, the first. */
  readonly event: EventType;
  /** The nodes from the source to the last step. */
  readonly path: readonly PlanNode[];

  /** Streams begin with `from(Event)`. */
  constructor(event: EventType, path: readonly PlanNode[]) {
    this.event = event;
    this.path = path;
  }

  /** Keeps the items for which `keep` is true. */
  filter(id: string, keep: (item: Item) => boolean): Stream<Item, Kind> {
    return new Stream(this.event, this.#then({ kind: 'filter', id: checkStepId(id), inputs: [this.#last], keep }));
  }

  /** Makes one item of each. */
  map<Result>(id: string, map: (item: Item) => Result): Stream<Result, Mapped> {
    return new Stream(this.event, this.#then({ kind: 'map', id: checkStepId(id), inputs: [this.#last], map }));
  }

  /** Makes any number of items of each; the n-th has `#n` behind the event's id. */
  flatMap<Result>(id: string, map: (item: Item) => readonly Result[]): Stream<Result, Mapped> {
    return new Stream(this.event, this.#then({ kind: 'flatMap', id: checkStepId(id), inputs: [this.#last], map }));
  }

  /** These items and those of other streams as one stream, as they come; an item that comes by several of them is there
   *  as often. The n-th stream's items, from 0 for this one, have `/<id>.n` behind their ids.
   *
   *  @example
   *  orders.union('twice', [orders.filter('large', ({ amount }) => amount > 15)]) */
  union(id: string, others: readonly Stream<Item, AsTheyCame | Mapped>[]): Stream<Item, Mapped> {
    const inputs = [this.#last, ...others.map(lastOf)];
    return new Stream(this.event, pathTo({ kind: 'union', id: checkStepId(id), inputs }, this, ...others));
  }

  /** Keeps a state for each key of the events: `on` gets the key's state and the next item, and returns the next state
   *  and what to emit. States are JSON and immutable, at most 256 KiB a key; `state: undefined` forgets the key, whose
   *  next item begins with `init` again. `on` must depend on nothing else, so that a replay gives the same.
   *  A result's `wakeMs` has `onWake` called for the key once event time has come that far, if nothing else is said before.
   *  What is emitted has `/<id>.n` behind the event's id, or the id `<id>/<time>/<key>.n` when the key was woken. */
  process<State, Result>(id: string, options: ProcessOptions<Item, State, Result>): Stream<Result, Mapped> {
    return new Stream(this.event, this.#then(processNode(checkStepId(id), [this.#last], options)));
  }

  /** Groups the items of each key in windows: of event time, of so many items, or of all.
   *  @throws PipelineError when a duration is not usable or an aggregate's name is taken.
   *
   *  @example
   *  orders.window('per-hour', { over: tumbling(hours(1)), aggregate: { orders: count() } }).results */
  window<Named extends Aggregates<Item>>(id: string, options: WindowOptions<Item, Named>): Windows<Item, Kind, Named> {
    return this.#outputs(windowNode(checkStepId(id), [this.#last], options), ['closed', 'results', 'updates', 'late']);
  }

  /** The items of each key in the order of event time, each once the watermark has passed it: later, but the same whatever
   *  order they arrive in. Those behind the watermark are `late`.
   *
   *  @example
   *  orders.inOrder('in-order').items */
  inOrder(id: string): InOrder<Item, Kind> {
    return this.#outputs(sorted(checkStepId(id), [this.#last]), ['items', 'late']);
  }

  /** Joins the items of each key of two streams of the same key whose event times are within a bound. A pair comes as soon
   *  as both are there, an item without partner once none can come any more. A row's id is `<left id>/<id>.<right id>`, its
   *  time that of the later item, or the last at which a partner could have been.
   *
   *      const { items, late } = orders.join('paid', payments, {
   *        within: { before: minutes(1), after: hours(1) },
   *        how: 'left',
   *        with: (order, payment) => ({ order: order.number, paid: payment?.cents ?? 0 }),
   *      });
   *
   *  @throws PipelineError when the bound is not usable. */
  join<Right, RightKind extends AsTheyCame | Mapped, How extends JoinHow, Result>(
    id: string,
    right: Stream<Right, RightKind>,
    options: JoinOptions<Item, Right, How, Result>,
  ): Joined<Item, Kind, Right, RightKind, Result> {
    const path = pathTo(joinNode(checkStepId(id), [lastOf(this), lastOf(right)], options), this, right);
    const late = {
      left: outputOf<Item, Kind>(this.event, path, 'late-left'),
      right: outputOf<Right, RightKind>(right.event, path, 'late-right'),
    };
    return { items: outputOf(this.event, path, 'items'), late };
  }

  /** Keeps a row for each key: the one that the latest change in event time left. Items that are change records themselves
   *  (`op`, `after`) need no `change`.
   *
   *      const customers = registrations.table('customers', {
   *        change: ({ name, left }) => (left ? 'delete' : { upsert: { name } }),
   *      });
   *
   *  @throws PipelineError when a duration is not usable. */
  table<Value = RowOf<Item>>(id: string, options: TableOptions<Item, Value>): SourceTable<Value, Item, Kind> {
    const { step, ttlMs } = tableNode(checkStepId(id), [this.#last], options);
    return new SourceTable(this.event, this.#then(step), ttlMs);
  }

  /** Gives each item the row that its key had in a table at the item's time, once event time has passed it, so that it
   *  does not depend on the order in which items and changes arrive. Items behind the watermark are `late`.
   *
   *      const { items, late } = orders.lookup('customer', customers, {
   *        how: 'left',
   *        with: (order, customer) => ({ ...order, name: customer?.name ?? 'unknown' }),
   *      }); */
  lookup<Value, How extends 'inner' | 'left', Result>(
    id: string,
    table: Looked & { readonly versions: Stream<Version<Value>, Mapped> },
    options: LookupOptions<Item, Value, How, Result>,
  ): { readonly items: Stream<Result, Mapped>; readonly late: Stream<Item, Kind> } {
    const step = lookupNode(checkStepId(id), [lastOf(table.versions), lastOf(this)], table, options);
    const path = pathTo(step, table.versions, this);
    return { items: outputOf(this.event, path, 'items'), late: outputOf(this.event, path, 'late') };
  }

  /** The first of equal items of a key by event time: for `ttl` after it, its equals are left out. Of a key, at most 1,000
   *  values may come within `ttl` and the pipeline's `outOfOrderness`.
   *
   *  @example
   *  orders.dedupe('once', { by: ({ items }) => items.join(), ttl: days(1) }).items */
  dedupe(id: string, options: DedupeOptions<Item>): InOrder<Item, Kind> {
    return this.#outputs(dedupeNode(checkStepId(id), [this.#last], options), ['items', 'late']);
  }

  /** The items whose value is another than that of the key's item before, in event time; a key's first is one of them.
   *
   *  @example
   *  orders.changes('other-amount', { of: 'amount' }).items */
  changes(id: string, options: ChangesOptions<Item>): InOrder<Item, Kind> {
    return this.#outputs(changesNode(checkStepId(id), [this.#last], options), ['items', 'late']);
  }

  /** Lets items of a key pass in the order of event time, at most so many in any stretch of `per`; the others go `over`.
   *
   *  @example
   *  orders.rateLimit('calm', { atMost: 3, per: minutes(1) }).items */
  rateLimit(id: string, options: RateLimitOptions): Limited<Item, Kind> {
    return this.#outputs(rateLimitNode(checkStepId(id), [this.#last], options), ['items', 'over', 'late']);
  }

  /** The same items under another key: they go on through a Kinesis stream of the pipeline's own, each once, and what
   *  follows is another part of the pipeline, with a function and a log of its own. Items are JSON, at most 1 MB. What
   *  follows keeps state by the new key, and joins only what is behind as many rekeys. */
  rekey(id: string, key: (item: Item) => string): Stream<Item, Mapped> {
    return new Stream(this.event, this.#then({ kind: 'rekey', id: checkStepId(id), inputs: [this.#last], key }));
  }

  /** Finds patterns in the items of each key, in the order of event time; `SequenceOptions` says exactly which.
   *
   *  ```ts
   *  const { matched, timedOut, late } = payments.sequence('card-testing', {
   *    pattern: (p) =>
   *      p
   *        .take('small', { where: ({ amount }) => amount > 0 && amount < 2, times: 3 })
   *        .not('refund', { where: ({ amount }) => amount < 0 })
   *        .take('large', {
   *          where: ({ amount }) => amount > 500,
   *          given: ({ shop }, { small }) => small.every((each) => each.shop !== shop),
   *        }),
   *    within: minutes(10),
   *  });
   *  const alerts = matched.map('alert', ({ key, small, large }) => ({ card: key, after: small.length, shop: large.shop }));
   *  ```
   *  @throws PipelineError when the pattern or the time is not usable. */
  sequence<Amounts>(id: string, options: SequenceOptions<Item, Amounts>): Sequences<Item, Kind, Amounts> {
    return this.#outputs(sequenceNode(checkStepId(id), [this.#last], options), ['matched', 'timedOut', 'late']);
  }

  /** Sends the items to a table of the lake, as an alert, to a view or to a stream.
   *  @throws PipelineError when a field of the schema cannot be a column. */
  to<Row>(target: (Lake<Row> & Fits<Item, Kind, Row>) | Target<Item>): Output {
    const to = target as Lake<Row> | Target<Item>;
    if (to.kind === 'lake') return Object.freeze({ path: this.#then(this.#lakeNode(to as Lake)) });
    const inputs = [this.#last];
    if (to.kind !== 'alert') return Object.freeze({ path: this.#then({ ...to, inputs } as PlanNode) });
    const { quiet, ...alerting } = to;
    if (quiet === 0) return Object.freeze({ path: this.#then({ ...alerting, inputs } as PlanNode) });
    const heard = this.process(`${to.id}-quiet`, quietFor<Item>(quiet));
    return heard.to(Object.freeze({ ...to, quiet: 0 }));
  }

  #lakeNode(target: Lake): LakeNode {
    const schema = target.schema ?? this.event.schema;
    if (target.partition.by === 'event-day' && this.event.accept.aheadDays > MAX_AHEAD_DAYS) {
      const found = `event-day partitions of events up to ${this.event.accept.aheadDays} days ahead`;
      throw new PipelineError(target.name, found, `at most ${MAX_AHEAD_DAYS} days, as far as Athena looks ahead`);
    }
    const table = tableOf(target, schema);
    const id = `lake.${target.name}`; // a step may have the table's name
    return { kind: 'lake', id, inputs: [this.#last], table, schema: target.schema };
  }

  /** The outputs of a step, each as a stream. */
  #outputs<Outputs>(step: ProcessNode, names: readonly (keyof Outputs & string)[]): Outputs {
    const path = this.#then(step);
    return Object.fromEntries(names.map((name) => [name, outputOf(this.event, path, name)])) as unknown as Outputs;
  }

  get #last(): string {
    return lastOf(this);
  }

  #then(node: PlanNode): readonly PlanNode[] {
    return Object.freeze([...this.path, Object.freeze(node)]);
  }
}

/** Id of the last step of a stream. */
export const lastOf = ({ path }: Pick<Stream<unknown, Mapped>, 'path'>): string =>
  (path[path.length - 1] as PlanNode).id;

/** The way to a step that takes several streams: the nodes of each once, and the step. */
export function pathTo(
  step: ProcessNode | UnionNode,
  ...inputs: readonly Pick<Stream<unknown, Mapped>, 'path'>[]
): readonly PlanNode[] {
  return Object.freeze([...new Set(inputs.flatMap(({ path }) => path)), Object.freeze(step)]);
}

/** One of the outputs of the step that a path ends with, as a stream. */
export function outputOf<Item, Kind extends AsTheyCame | Mapped>(
  event: EventType,
  path: readonly PlanNode[],
  output: string,
): Stream<Item, Kind> {
  const step = lastOf({ path });
  const node: OutputNode = Object.freeze({ kind: 'output', id: `${step}-${output}`, inputs: [step], output });
  return new Stream(event, Object.freeze([...path, node]));
}

/** The stream of all events of a type. */
export function from<Event extends EventType>(event: Event): Stream<DataOf<Event>, AsTheyCame> {
  return new Stream(event, Object.freeze([Object.freeze({ kind: 'source', id: event.type, event })]));
}
