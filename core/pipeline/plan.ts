import type { ItemTime } from '../aggregates/aggregate.ts';
import type { Column } from '../event/columns.ts';
import type { Decode } from '../event/envelope.ts';
import type { EventType, ObjectSchema } from '../event/event.ts';
import type { Json } from '../event/json.ts';

/** How a table's rows are laid out in folders, so that Athena reads only those it needs. */
export type Partition =
  /** By the UTC hour of delivery: no extra cost. Column `delivery_hour`, values `yyyy-MM-dd-HH`. */
  | { readonly by: 'delivery-hour' }
  /** By the UTC day of the event's time: Firehose's dynamic partitioning, at its price. Column `event_day`, values
   *  `yyyy-MM-dd`. Athena sees days from `since` on; an event of an earlier day is quarantined. */
  | { readonly by: 'event-day'; readonly since: string };

/** A table of the lake: one Firehose delivery stream, one Glue table and one view that reads each id once. */
export interface LakeTable {
  /** Lower-case letters, digits and underscores. The view has this name; the Glue table behind it `<name>_rows`. */
  readonly name: string;
  readonly description: string;
  /** Every column in order, Millrace's own first; the partition column is not among them. */
  readonly columns: readonly Column[];
  readonly partition: Partition;
}

/** A query kept in the Athena workgroup. Its SQL names the views of the stage's database. */
export interface SavedQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

interface Step {
  /** Permanent: names the step in outputs, metrics and, later, state. */
  readonly id: string;
  /** Ids of the nodes whose items this one takes: one, unless it joins or unites. */
  readonly inputs: readonly string[];
}

/** The builder's types hold that a step's function takes what its input gives; the plan keeps it untyped. */
export type StepFunction<Result> = (item: never) => Result;

export interface SourceNode {
  readonly kind: 'source';
  /** The event's type. */
  readonly id: string;
  readonly event: EventType;
  /** Behind a hop, what the items are: see `formOf`. */
  readonly form?: string | null;
}
export type FilterNode = Step & { readonly kind: 'filter'; readonly keep: StepFunction<boolean> };
export type MapNode = Step & { readonly kind: 'map'; readonly map: StepFunction<unknown> };
export type FlatMapNode = Step & { readonly kind: 'flatMap'; readonly map: StepFunction<readonly unknown[]> };
/** What a step keeps of a key, and what it makes of an item. Untyped here; the builder's types hold them together. */
export type ProcessNode = Step & {
  readonly kind: 'process';
  readonly init: (key: string) => unknown;
  readonly on: (state: never, item: never, context: StepContext) => ProcessResult;
  readonly onWake: ((state: never, context: StepWakeContext) => ProcessResult) | undefined;
  /** How long after its last item a key is forgotten, by event time; undefined where the step sees to it itself. */
  readonly ttlMs: number | undefined;
  /** How far behind event time what the step emits may be, in milliseconds; for the steps behind it time goes so much later.
   *  Absent: not at all. */
  readonly delayMs?: number;
  /** Absent where the items must come one by one. */
  readonly combiner?: Combiner;
  /** What the step is, and all that its states' shape depends on: a change of it is another step. */
  readonly shape: string;
};
/** How a step's items can be taken together, batch by batch, before they go over a hop. Only for a step to which their
 *  order means nothing. */
export interface Combiner {
  /** The parts that an item comes to, one for each group (a window, say) that it belongs to. */
  readonly partsOf: (item: never, at: ItemTime) => readonly (readonly [group: string, part: Json])[];
  readonly merge: (left: never, right: never) => Json;
  /** The step, taking parts in place of items. */
  readonly node: ProcessNode;
}
/** The items of several inputs as one stream. */
export type UnionNode = Step & { readonly kind: 'union' };
/** One of the outputs of a step that has several. */
export type OutputNode = Step & { readonly kind: 'output'; readonly output: string };

export interface ProcessResult {
  /** Undefined forgets the key. */
  readonly state: unknown;
  readonly emit?: readonly Emitted[] | undefined;
  /** When to be woken for the key, by event time; undefined for never. What was asked for before holds no more. */
  readonly wakeMs?: number | undefined;
}

export interface Emitted {
  readonly data: unknown;
  readonly output?: string;
  /** Event time of what is emitted; that of the item or of the waking unless given. */
  readonly timeMs?: number;
  /** Id and source, where they are not those of the item or of the waking. */
  readonly as?: { readonly id: string; readonly source: string };
}

/** What a step with state is told of an item. */
export interface ProcessContext {
  /** The event's key, under which the state is kept. */
  readonly key: string;
  /** The event's time, in milliseconds since 1970. */
  readonly timeMs: number;
  /** How far event time had come before this event; -Infinity at the first. An event behind it is late. */
  readonly watermarkMs: number;
  /** The item's id: the event's, and what steps put behind it. */
  readonly id: string;
}

/** What a step of Millrace's own is told besides. */
export interface StepContext extends ProcessContext {
  /** The event's source. */
  readonly source: string;
  /** Which of the step's inputs the item came by. */
  readonly input: number;
  /** Whether anyone takes an output of the step. */
  readonly takes: (output: string) => boolean;
}

/** What a step is told that is woken for a key. */
export interface WakeContext {
  readonly key: string;
  /** The time it is woken for, in milliseconds since 1970: event time has come this far. */
  readonly wakeMs: number;
}

/** What a step of Millrace's own is told besides. */
export interface StepWakeContext extends WakeContext {
  /** Whether anyone takes an output of the step. */
  readonly takes: (output: string) => boolean;
}

/** `schema` checks mapped rows; rows that are events as they came have been checked on the way in. */
export type LakeNode = Step & {
  readonly kind: 'lake';
  readonly table: LakeTable;
  readonly schema: ObjectSchema | undefined;
};

/** Tells people of each item. */
export type AlertNode = Step & {
  readonly kind: 'alert';
  readonly text: (item: never, key: string) => string;
  readonly subject: string;
};
/** Keeps the latest row of each key in a table to be read by key; undefined deletes it. */
export type ViewNode = Step & {
  readonly kind: 'view';
  readonly description: string;
  readonly row: StepFunction<object | undefined>;
};
/** Puts the items as events to a stream of its own. */
export type PublishNode = Step & { readonly kind: 'publish'; readonly event: EventType };
/** Sends the items on under another key, to the next hop. */
export type RekeyNode = Step & {
  readonly kind: 'rekey';
  readonly key: StepFunction<string>;
  /** Of the one step behind the hop, where it has one. */
  readonly combiner?: Combiner;
};
/** What a rekey sends: null for items as they are, else the shape of the step that takes them together. */
export const formOf = ({ combiner }: RekeyNode): string | null => combiner?.node.shape ?? null;
/** Where items leave the plan. */
export type SinkNode = LakeNode | AlertNode | ViewNode | PublishNode | RekeyNode;

export type PlanNode =
  | SourceNode
  | FilterNode
  | MapNode
  | FlatMapNode
  | UnionNode
  | ProcessNode
  | OutputNode
  | SinkNode;

/** What a pipeline is once built: frozen data, read alike by the Lambda handler, the CDK app and the test driver. */
export interface Plan {
  /** Lower-case words joined by hyphens; permanent: it names the function, the log and the dashboard. */
  readonly name: string;
  readonly description: string;
  /** How many rekeys lie before this part of the pipeline: 0 for the part that reads the events, n for one that reads the
   *  stream which the n-th rekey on the way puts to. */
  readonly hop: number;
  /** The parts behind rekeys, from hop 1 on, each with a function, a log and a stream of its own; empty in such a part. */
  readonly hops: readonly Plan[];
  /** Each node after its inputs. */
  readonly nodes: readonly PlanNode[];
  readonly tables: readonly LakeTable[];
  readonly queries: readonly SavedQuery[];
  readonly decode: Decode | undefined;
  /** How long, by arrival, a shard remembers event ids. */
  readonly idempotencyMinutes: number;
  /** Share of a shard's latest records that may be quarantined, and that may be parked, before the pipeline stops. */
  readonly quarantineBudget: number;
  readonly parkingBudget: number;
  /** How far events may come out of order: the watermark stays this far behind the latest event time. */
  readonly outOfOrdernessMs: number;
}

/** A pipeline's parts: what reads the events, and what lies behind each hop. */
export const partsOf = (plan: Plan): readonly Plan[] => [plan, ...plan.hops];
