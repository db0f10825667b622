import * as z from 'zod';
import { changeSchema, event } from '../../core/event/index.ts';
import { from } from '../../core/pipeline/index.ts';

const at = z.iso.datetime();
const key = z.string();
const options = { version: 1, key: 'key', time: 'at' } as const;

export const orders = from(event('order', { ...options, schema: z.object({ key, at, cents: z.int() }) }));
export const payments = from(event('payment', { ...options, schema: z.object({ key, at, paid: z.int() }) }));
export const names = from(
  event('name', { ...options, schema: z.object({ key, at, name: z.string(), left: z.boolean() }) }),
);
const row = z.object({ total: z.int() });
export const changes = from(event('order.changed', { ...options, schema: changeSchema(row) }));
