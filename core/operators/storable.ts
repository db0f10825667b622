import type { Json } from '../event/json.ts';
import { Rejected } from '../event/rejection.ts';

/** What an item of DynamoDB can hold (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html):
 *  numbers from 1E-130 to below 1E+126, 32 levels with the item's own, names of a character or more, keys of 2,048 bytes. */
const NUMBERS = { least: 1e-130, below: 1e126 };
const MAX_LEVELS = 31;
const MAX_KEY_BYTES = 2_048;

/** @throws Rejected in the step's name, when DynamoDB would refuse the row under this key: once it is in an outbox, nothing
 *  could be done about it. */
export function checkStorable(step: string, key: string, row: Json): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) {
    throw new Rejected('too-large', step, `a key of ${bytes} bytes`, `at most ${MAX_KEY_BYTES} bytes`);
  }
  checkValue(step, row, 1);
}

function checkValue(step: string, value: Json, level: number): void {
  if (typeof value === 'number' && value !== 0) {
    const size = Math.abs(value);
    if (size >= NUMBERS.least && size < NUMBERS.below) return;
    throw new Rejected('schema', step, `the number ${value}`, `one from ${NUMBERS.least} to below ${NUMBERS.below}`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (level > MAX_LEVELS) throw new Rejected('too-deep', step, `more than ${MAX_LEVELS} levels`, 'fewer levels');
  if ('' in value) throw new Rejected('schema', step, 'a field without a name', 'names of a character or more');
  for (const part of Object.values(value)) checkValue(step, part, level + 1);
}
