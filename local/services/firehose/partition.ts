import { type Jq, loadJq } from 'jq-wasm';
import { invalid } from './constraints.ts';
import { PARTITION_KEYS_MAX } from './limits.ts';
import { keysIn } from './prefix.ts';

/** Partition keys by name, or what is wrong with them. */
export type Extracted = Readonly<Record<string, string>> | string;

/** Evaluates the query of a stream for each record's data. */
export type Extractor = (records: readonly Buffer[]) => readonly Extracted[];

/** The keys a query's outcome names: `outcome` is all that it gives, or an object with the error. */
export function keysOf(outcome: unknown): Extracted {
  const failed = outcome as { error?: unknown };
  if (!Array.isArray(outcome)) return `Query failed: ${JSON.stringify(failed?.error)}`;
  const [found, ...more] = outcome;
  if (typeof found !== 'object' || found === null || Array.isArray(found) || more.length > 0)
    return 'Query must give one object';
  return partitionKeys(found);
}

/** Partition keys of a query or of a transforming function. */
export function partitionKeys(found: object): Extracted {
  const entries = Object.entries(found);
  if (entries.length > PARTITION_KEYS_MAX)
    return `There are ${entries.length} partition keys, more than ${PARTITION_KEYS_MAX}`;
  const bad = entries.some(([, value]) => value === null || value === '');
  if (bad) return 'partitionKeys values must not be null or empty';
  if (entries.some(([, value]) => typeof value === 'object'))
    return 'partitionKeys values must be strings, numbers or booleans';
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

/** One call of jq: for each document an array of what the query gives, or an object with the error. Undefined when
 *  jq cannot read what it is given. */
function evaluate(jq: Jq, query: string, text: string): unknown[] | undefined {
  // The line break ends a comment at the query's end
  const { stdout, exitCode } = jq.raw(text, `try [${query}\n] catch {error: .}`, ['-c']);
  if (exitCode !== 0) return undefined;
  return stdout === '' ? [] : stdout.split('\n').map((line) => JSON.parse(line));
}

function extractOne(jq: Jq, query: string, text: string): Extracted {
  const outcomes = evaluate(jq, query, text);
  if (!outcomes || outcomes.length === 0) return 'Record is not valid JSON';
  return outcomes.length === 1 ? keysOf(outcomes[0]) : 'Record has several documents, and deaggregation is off';
}

/** Firehose wants every key of the query in the prefix. What the query gives for an empty object tells its keys; a
 *  query that fails on one is not checked. */
function checkKeys(jq: Jq, query: string, prefix: string): void {
  const [outcome] = evaluate(jq, query, '{}') ?? [];
  const [found] = Array.isArray(outcome) ? outcome : [];
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return;
  const used = keysIn(prefix, 'partitionKeyFromQuery');
  if (Object.keys(found).some((key) => !used.includes(key))) {
    throw invalid("MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression");
  }
}

/** jq 1.8 does the work of Firehose's 1.6. @throws InvalidArgumentException when it cannot compile the query, or the
 *  query gives keys that the prefix does not use. */
export async function openExtractor(query: string, prefix: string): Promise<Extractor> {
  const jq = await loadJq();
  const { exitCode, stderr } = jq.raw('', `[${query}\n]`, ['-c']);
  if (exitCode !== 0) throw invalid(`MetadataExtractionQuery: ${stderr}`);
  checkKeys(jq, query, prefix);
  return (records) => {
    const texts = records.map((data) => data.toString('utf8'));
    const together = evaluate(jq, query, texts.join('\n'));
    // A record that is no JSON spoils the others only in one call with them
    if (together?.length === texts.length && texts.every(isOneLine)) return together.map(keysOf);
    return texts.map((text) => extractOne(jq, query, text));
  };
}

/** Documents that jq could read across the border of two records would be counted wrongly. */
const isOneLine = (text: string): boolean => /^\s*\{[\s\S]*\}\s*$/.test(text);
