import { randomInt } from 'node:crypto';
import { formatJavaTime } from '../java-time.ts';
import { invalid } from './constraints.ts';
import { PREFIX_LENGTH_MAX } from './limits.ts';

/** What the expressions of a prefix stand for. */
export interface PrefixValues {
  /** Arrival of the object's oldest record. */
  readonly arrivalMs: number;
  /** IANA name. */
  readonly timeZone: string;
  /** E.g. `format-conversion-failed`; only for the error prefix. */
  readonly errorType?: string | undefined;
  readonly partitionKeys?: PartitionKeys | undefined;
}

/** By the namespace that asks for them. */
export interface PartitionKeys {
  readonly partitionKeyFromQuery: Readonly<Record<string, string>>;
  readonly partitionKeyFromLambda: Readonly<Record<string, string>>;
}

const EXPRESSION = /!\{([^:}]*):([^}]*)\}/g;
const NAMESPACES = ['firehose', 'timestamp', 'partitionKeyFromQuery', 'partitionKeyFromLambda'];
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 11;
/** Letters that Java's `DateTimeFormatter` does not know. */
const NO_TIME_LETTER = /[CIJPRTUVbfijloprt]/;

const randomText = () => Array.from({ length: RANDOM_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');

function evaluate(namespace: string, name: string, values: PrefixValues): string {
  if (namespace === 'timestamp') return formatJavaTime(name, values.arrivalMs, values.timeZone);
  if (namespace === 'firehose') return name === 'random-string' ? randomText() : (values.errorType ?? '');
  const value = values.partitionKeys?.[namespace as keyof PartitionKeys]?.[name];
  if (value === undefined) throw new Error('partitionKeys values must not be null or empty');
  return value;
}

/** Puts the values into a prefix that `checkPrefixes` has let through.
 *  @throws Error at a partition key without a value, or a result over 512 characters. */
export function evaluatePrefix(prefix: string, values: PrefixValues): string {
  const text = prefix.replace(EXPRESSION, (_, namespace: string, name: string) => evaluate(namespace, name, values));
  if (text.length > PREFIX_LENGTH_MAX)
    throw new Error(`Length of evaluated prefix cannot be greater than ${PREFIX_LENGTH_MAX}`);
  return text;
}

/** Expressions of a prefix as namespace and value. */
const expressionsOf = (prefix: string): [namespace: string, name: string][] =>
  [...prefix.matchAll(EXPRESSION)].map(([, namespace = '', name = '']) => [namespace, name]);

/** Names that a prefix takes from a namespace of partition keys. */
export const keysIn = (prefix: string, namespace: keyof PartitionKeys): string[] =>
  expressionsOf(prefix).flatMap(([of, name]) => (of === namespace ? [name] : []));

const unsatisfied = (constraint: string) =>
  // "Ths" is how AWS spells it
  invalid(`Ths supplied prefix(es) do not satisfy the following constraint: ${constraint}`);

function checkExpressions(prefix: string, member: 'Prefix' | 'ErrorOutputPrefix'): void {
  if (prefix.replace(EXPRESSION, '').includes('!{')) throw unsatisfied('Invalid expression usage');
  for (const [namespace, name] of expressionsOf(prefix)) {
    if (!NAMESPACES.includes(namespace))
      throw unsatisfied(`Namespace to the left of colon (${namespace}) is an invalid keyword!`);
    const wrong =
      namespace === 'timestamp'
        ? NO_TIME_LETTER.test(name.replace(/'[^']*'/g, ''))
        : namespace === 'firehose' && !['error-output-type', 'random-string'].includes(name);
    if (wrong) throw unsatisfied(`Invalid conversion character used in the value of the expression in ${member}`);
    if (namespace === 'timestamp') formatJavaTime(name, 0, 'UTC');
  }
  const shortest = prefix.replace(EXPRESSION, 'x').length;
  const label = member === 'Prefix' ? 'prefix' : member;
  if (shortest > PREFIX_LENGTH_MAX)
    throw unsatisfied(`Length of evaluated ${label} cannot be greater than ${PREFIX_LENGTH_MAX}`);
}

/** Checks a destination's prefixes before anything is delivered.
 *  @throws InvalidArgumentException in AWS's words; Error naming a time letter that is not emulated. */
export function checkPrefixes(prefix: string, errorPrefix: string, partitioned: boolean): void {
  checkExpressions(prefix, 'Prefix');
  checkExpressions(errorPrefix, 'ErrorOutputPrefix');
  const hasKeys = (text: string) => expressionsOf(text).some(([namespace]) => namespace.startsWith('partitionKey'));
  if (prefix.includes('!{firehose:error-output-type}'))
    throw unsatisfied('Prefix must not contain any occurrence of !{firehose:error-output-type}');
  if (prefix.includes('!{') && errorPrefix === '')
    throw unsatisfied('ErrorOutputPrefix cannot be null or empty when Prefix contains expressions');
  if (hasKeys(errorPrefix))
    throw invalid("Dynamic Partitioning Namespaces can't be part of an error prefix expression");
  if (errorPrefix.includes('!{') && !errorPrefix.includes('!{firehose:error-output-type}'))
    throw unsatisfied('ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}');
  if (hasKeys(prefix) && !partitioned) {
    throw invalid(
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
    );
  }
  if (!hasKeys(prefix) && partitioned)
    throw invalid('S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled');
}
