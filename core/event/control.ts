import * as z from 'zod';
import type { CloudEvent } from './envelope.ts';
import { Rejected } from './rejection.ts';

/** Records of Millrace's own in the stream: they replay like any other. No event type begins like that. */
export const CONTROL_PREFIX = 'millrace.';

/** Asks a pipeline to take the parked records of a partition key through its steps again. */
export interface Redrive {
  readonly control: 'redrive';
  readonly pipeline: string;
  readonly key: string;
}

/** Tells a shard that time passes, also when nothing else comes: every pipeline takes it. */
export interface Heartbeat {
  readonly control: 'heartbeat';
  /** The open shards of the stream; of an earlier version's heartbeat none. */
  readonly shards: readonly string[];
}

/** A record that the part of a pipeline before a hop puts to the stream behind it. */
export interface Hopped {
  /** Which of all it is: a shard's outboxes go out one after the other. */
  readonly from: Hop;
  /** How far event time had come in that shard by the batch before; null when it has had no event yet, `BEFORE_ALL_MS`
   *  when it has its first now. */
  readonly watermarkMs: number | null;
  /** That shard's clock by the batch before: whatever it sends later arrived later there. */
  readonly clockMs: number;
}

/** The first moment there is: whoever is there has everything before it. */
export const BEFORE_ALL_MS = -8_640_000_000_000_000;

/** Shard before the hop, slot of its log, index in that slot's outbox. */
export type Hop = readonly [shardId: string, slot: number, index: number];

/** An item under its new key. */
export interface Rekeyed extends Hopped {
  readonly control: 'rekeyed';
  /** The step that rekeyed it. */
  readonly step: string;
  /** Null for an item as it is; of one that is taken together with others, the shape of the step that can take it. */
  readonly form: string | null;
  readonly id: string;
  readonly source: string;
  readonly key: string;
  readonly timeMs: number;
  readonly item: unknown;
}

/** Tells a shard behind a hop how far event time has come in one before it. */
export interface Watermark extends Hopped {
  readonly control: 'watermark';
  /** The open shards before the hop. */
  readonly of: readonly string[];
  /** The open shards behind it. */
  readonly shards: readonly string[];
}

export type Control = Redrive | Heartbeat | Rekeyed | Watermark;

const HEARTBEAT = `${CONTROL_PREFIX}heartbeat`;
const REDRIVE = `${CONTROL_PREFIX}redrive`;
const REKEYED = `${CONTROL_PREFIX}rekeyed`;
const WATERMARK = `${CONTROL_PREFIX}watermark`;

const shardIds = z.array(z.string());
const hopped = {
  from: z.tuple([z.string(), z.int().min(0), z.int().min(0)]),
  watermarkMs: z.nullable(z.number()),
  clockMs: z.number(),
};
const KINDS = new Map<string, { readonly control: Control['control']; readonly schema: z.ZodType<object> }>([
  [REDRIVE, { control: 'redrive', schema: z.object({ pipeline: z.string(), key: z.string().min(1).max(256) }) }],
  [HEARTBEAT, { control: 'heartbeat', schema: z.object({ shards: shardIds.default([]) }) }],
  [
    REKEYED,
    {
      control: 'rekeyed',
      schema: z.object({
        ...hopped,
        step: z.string(),
        form: z.nullable(z.string()),
        id: z.string(),
        source: z.string(),
        key: z.string().min(1),
        timeMs: z.number(),
        item: z.unknown(),
      }),
    },
  ],
  [WATERMARK, { control: 'watermark', schema: z.object({ ...hopped, of: shardIds, shards: shardIds }) }],
]);

/** The record that asks for a redrive. To be put under `key` as its partition key, so that it stands in the key's own
 *  order. */
export function redriveRecord(id: string, pipeline: string, key: string): CloudEvent {
  return { specversion: '1.0', id, source: '/millrace/redrive', type: REDRIVE, data: { pipeline, key } };
}

/** The record that tells a shard that time passes: its arrival is what counts. It names the stream's open shards. */
export function heartbeatRecord(id: string, shards: readonly string[] = []): CloudEvent {
  return { specversion: '1.0', id, source: '/millrace/heartbeat', type: HEARTBEAT, data: { shards } };
}

/** The record that takes an item over a hop. */
export function rekeyedRecord(data: Omit<Rekeyed, 'control'>): CloudEvent {
  return { specversion: '1.0', id: data.from.join('/'), source: '/millrace/hop', type: REKEYED, data };
}

/** The record that takes the time over a hop. */
export function watermarkRecord(data: Omit<Watermark, 'control'>): CloudEvent {
  return { specversion: '1.0', id: data.from.join('/'), source: '/millrace/hop', type: WATERMARK, data };
}

/** What a control record says; undefined for any other JSON.
 *  @throws Rejected for a control record that is not well-formed. */
export function readControl(json: unknown): Control | undefined {
  const { type, data } = (json ?? {}) as { type?: unknown; data?: unknown };
  if (typeof type !== 'string' || !type.startsWith(CONTROL_PREFIX)) return undefined;
  const kind = KINDS.get(type);
  if (!kind) throw new Rejected('unknown-type', 'control', type, [...KINDS.keys()].join(' or '));
  const { success, data: said } = kind.schema.safeParse(data);
  if (success) return { control: kind.control, ...said } as Control;
  throw new Rejected('unknown-type', 'control', `${type} that is not well-formed`, `${type} as Millrace puts it`);
}
