import type { Json } from '../json.ts';
import { described, refused } from './change.ts';

/** Takes DynamoDB's types off an item: `{ total: { N: '12.5' } }` becomes `{ total: 12.5 }`
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html). Sets become arrays; binary
 *  stays base64; a number of more digits than a double holds, of which DynamoDB takes 38, stays text.
 *  @throws Rejected naming the attribute that is not well-formed. */
export function unmarshalled(attributes: Readonly<Record<string, unknown>>, path: string): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, each]) => [name, plainValue(each, `${path}.${name}`)]),
  );
}

type Read = (value: unknown, path: string) => Json;

function plainValue(attribute: unknown, path: string): Json {
  const [[type = '', value] = [], ...more] =
    typeof attribute === 'object' && attribute ? Object.entries(attribute) : [];
  const read = more.length === 0 ? READ.get(type) : undefined;
  if (read) return read(value, `${path}.${type}`);
  throw refused(`${path}: ${described(attribute)}`, `an object with one of ${[...READ.keys()].join(', ')}`);
}

const text: Read = (value, path) => {
  if (typeof value === 'string') return value;
  throw refused(`${path}: ${described(value)}`, 'a string');
};

const NUMBER = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const number: Read = (value, path) => {
  if (typeof value !== 'string' || !NUMBER.test(value))
    throw refused(`${path}: ${described(value)}`, 'a number as text');
  const double = Number(value);
  if (digitsOf(String(double)) !== digitsOf(value)) return value;
  return double === 0 ? 0 : double; // JSON has no -0
};

/** One spelling of a decimal number: without zeros at either end, with the power of ten of its last digit. */
function digitsOf(number: string): string {
  const [, sign, whole = '', fraction = '', power = '0'] = NUMBER.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/0+$/, '');
  const exponent = Number(power) + whole.length - digits.length;
  const significant = digits.replace(/^0+/, '');
  return significant === '' ? '0' : `${sign === '-' ? '-' : ''}${significant}e${exponent}`;
}

const boolean: Read = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw refused(`${path}: ${described(value)}`, 'true or false');
};

const list =
  (read: Read): Read =>
  (value, path) => {
    if (Array.isArray(value)) return value.map((each, index) => read(each, `${path}.${index}`));
    throw refused(`${path}: ${described(value)}`, 'an array');
  };

const map: Read = (value, path) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return unmarshalled({ ...value }, path);
  throw refused(`${path}: ${described(value)}`, 'an object');
};

const READ: ReadonlyMap<string, Read> = new Map([
  ['S', text],
  ['N', number],
  ['BOOL', boolean],
  ['NULL', () => null],
  ['B', text],
  ['M', map],
  ['L', list(plainValue)],
  ['SS', list(text)],
  ['NS', list(number)],
  ['BS', list(text)],
]);
