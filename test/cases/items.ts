import * as z from 'zod';
import { type DataOf, event } from '../../core/event/index.ts';
import { from } from '../../core/pipeline/index.ts';

/** What the cases' events are; a field that a case leaves out has its default. */
export const Item = event('case.item', {
  version: 1,
  key: 'key',
  time: 'at',
  schema: z.object({
    key: z.string(),
    at: z.iso.datetime(),
    value: z.number().default(0),
    text: z.string().default(''),
    tags: z.array(z.string()).default([]),
  }),
});

export type ItemData = DataOf<typeof Item>;

export const items = from(Item);

/** The item, unless it asks the step that has it to throw. */
export const thrower = <Taken extends { readonly text: string }>(item: Taken): Taken => {
  if (item.text === 'throw') throw new RangeError('asked to');
  return item;
};
