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
  readonly heartbeat: true;
}

const HEARTBEAT = `${CONTROL_PREFIX}heartbeat`;
const REDRIVE = `${CONTROL_PREFIX}redrive`;
const redrive = z.object({ pipeline: z.string(), key: z.string().min(1).max(256) });

/** The record that asks for a redrive. To be put under `key` as its partition key, so that it stands in the key's own
 *  order. */
export function redriveRecord(id: string, pipeline: string, key: string): CloudEvent {
  return { specversion: '1.0', id, source: '/millrace/redrive', type: REDRIVE, data: { pipeline, key } };
}

/** The record that tells a shard that time passes. It says no more: its arrival is what counts. */
export function heartbeatRecord(id: string): CloudEvent {
  return { specversion: '1.0', id, source: '/millrace/heartbeat', type: HEARTBEAT, data: {} };
}

/** What a control record asks for; undefined for any other JSON.
 *  @throws Rejected for a control record that is not well-formed. */
export function readControl(json: unknown): Redrive | Heartbeat | undefined {
  const { type, data } = (json ?? {}) as { type?: unknown; data?: unknown };
  if (typeof type !== 'string' || !type.startsWith(CONTROL_PREFIX)) return undefined;
  if (type === HEARTBEAT) return { heartbeat: true };
  const { success, data: asked } = redrive.safeParse(data);
  if (type === REDRIVE && success) return { control: 'redrive', ...asked };
  throw new Rejected('unknown-type', 'control', type, `${REDRIVE} with the name of a pipeline and a partition key`);
}
