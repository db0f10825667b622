import { randomInt } from 'node:crypto';
import { formatJavaTime } from '../java-time.ts';

/** What the expressions of a prefix stand for. */
export interface PrefixValues {
  /** Arrival of the object's oldest record. */
  readonly arrivalMs: number;
  /** E.g. `format-conversion-failed`; only for the error prefix. */
  readonly errorType?: string;
  readonly partitionKeys?: Readonly<Record<string, string>>;
}

const EXPRESSION = /!\{([^:}]*):([^}]*)\}/g;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 11;
/** Longest evaluated prefix Firehose takes, in characters. */
const MAX_LENGTH = 512;

const randomText = () => Array.from({ length: RANDOM_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');

function evaluate(namespace: string, name: string, values: PrefixValues): string {
  if (namespace === 'timestamp') return formatJavaTime(name, values.arrivalMs);
  if (namespace === 'firehose' && name === 'random-string') return randomText();
  if (namespace === 'firehose' && name === 'error-output-type') {
    if (values.errorType === undefined)
      throw new Error('!{firehose:error-output-type} belongs in ErrorOutputPrefix only');
    return values.errorType;
  }
  if (namespace === 'partitionKeyFromQuery') {
    const value = values.partitionKeys?.[name];
    if (value === undefined) throw new Error(`there is no partition key ${name}`);
    return value;
  }
  throw new Error(`the prefix expression !{${namespace}:${name}} is not emulated`);
}

/** Puts the values into a prefix. @throws Error at an expression without a value, or a result over 512 characters. */
export function evaluatePrefix(prefix: string, values: PrefixValues): string {
  const text = prefix.replace(EXPRESSION, (_, namespace: string, name: string) => evaluate(namespace, name, values));
  if (text.length > MAX_LENGTH)
    throw new Error(`the evaluated prefix has ${text.length} characters, more than ${MAX_LENGTH}`);
  return text;
}

/** Checks a prefix's expressions before anything is delivered. @throws Error naming the first that cannot work. */
export function checkPrefix(prefix: string, { errors, partitioned }: { errors: boolean; partitioned: boolean }): void {
  const keys = [...prefix.matchAll(/!\{partitionKeyFromQuery:([^}]*)\}/g)].map(([, name]) => [name, 'x']);
  if (keys.length > 0 && errors) throw new Error('ErrorOutputPrefix cannot contain partition keys');
  if (keys.length > 0 && !partitioned) throw new Error('Prefix has partition keys, but dynamic partitioning is off');
  const rest = prefix.replace(EXPRESSION, '');
  if (rest.includes('!{'))
    throw new Error(`${JSON.stringify(prefix)} has an expression that is not of the form !{namespace:value}`);
  evaluatePrefix(prefix, { arrivalMs: 0, partitionKeys: Object.fromEntries(keys), ...(errors && { errorType: 'x' }) });
}
