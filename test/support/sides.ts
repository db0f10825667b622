import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, type pipeline } from '../../core/pipeline/index.ts';
import { recordAt } from './engine.ts';
import { type Recorded, START, timeAt } from './every-way.ts';

const schema = z.object({ key: z.string(), at: z.iso.datetime(), text: z.string() });
export const Left = event('test.left', { version: 1, key: 'key', time: 'at', schema });
export const Right = event('test.right', { version: 1, key: 'key', time: 'at', schema });
export const [lefts, rights] = [from(Left), from(Right)];

/** A table of what the tests look at. */
export const told = (name: string) => lake(name, { schema: z.object({ text: z.string() }) });

export type Outputs = Parameters<typeof pipeline>[1];

/** Something that happened on one side. Its text is its id unless given. */
export interface Happening {
  readonly side: 'left' | 'right';
  readonly id: string;
  readonly minute: number;
  readonly key?: string;
  readonly text?: string;
  readonly source?: string;
}

type Rest = Omit<Happening, 'side' | 'id' | 'minute'>;
export const l = (id: string, minute: number, rest: Rest = {}): Happening => ({ side: 'left', id, minute, ...rest });
export const r = (id: string, minute: number, rest: Rest = {}): Happening => ({ side: 'right', id, minute, ...rest });

/** Arrives at once; the test's clock stands still, but for the order of arrival. */
export const recorded =
  ({ side, id, minute, key = 'k', text = id, source = '/test' }: Happening): Recorded =>
  (n) => {
    const data = { key, at: timeAt(minute), text };
    return recordAt(n, { specversion: '1.0', id, source, type: `test.${side}`, data }, START + n, key);
  };
