import { type Jq, loadJq } from 'jq-wasm';
import type { Arrived } from './convert.ts';
import { DocumentError, splitDocuments } from './documents.ts';
import type { Failure } from './failure.ts';
import type { Partitioning } from './settings.ts';

/** AWS takes at most so many documents out of one record. */
const MAX_DOCUMENTS_PER_RECORD = 500;
/** Partition keys of a stream. */
const MAX_KEYS = 50;

/** A record's part with the folder it belongs to. */
export interface Placed {
  readonly data: Buffer;
  readonly keys: Readonly<Record<string, string>>;
}

export interface Partitioned {
  readonly placed: readonly Placed[];
  readonly failures: readonly Failure[];
}

export interface Partitioner {
  /** Takes a record apart and evaluates the query for each part. */
  partition(record: Arrived): Partitioned;
}

export const extractionFailure = (arrived: Arrived, data: Buffer, message: string): Failure => ({
  type: 'processing-failed',
  code: 'DynamicPartitioning.MetadataExtractionFailed',
  message,
  data,
  arrivalMs: arrived.arrivalMs,
});

/** The keys a query's outcome names, or what is wrong with it. */
function keysOf(outcome: unknown): Record<string, string> | string {
  const failed = outcome as { error?: unknown };
  if (!Array.isArray(outcome)) return `Query failed: ${JSON.stringify(failed?.error)}`;
  const [found, ...more] = outcome;
  if (typeof found !== 'object' || found === null || Array.isArray(found) || more.length > 0)
    return 'Query must give one object';
  const entries = Object.entries(found);
  if (entries.length > MAX_KEYS) return `Query gives ${entries.length} partition keys, more than ${MAX_KEYS}`;
  const bad = entries.some(([, value]) => value === null || value === '');
  if (bad) return 'partitionKeys values must not be null or empty';
  if (entries.some(([, value]) => typeof value === 'object'))
    return 'partitionKeys values must be strings, numbers or booleans';
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

/** One call of jq for all documents: each gives an array of what the query gives, or an object with the error. */
function evaluate(jq: Jq, query: string, documents: readonly string[]): unknown[] {
  // The line break ends a comment at the query's end
  const { stdout, stderr, exitCode } = jq.raw(documents.join('\n'), `try [${query}\n] catch {error: .}`, ['-c']);
  if (exitCode !== 0) throw new DocumentError('ParseError', stderr.split('\n')[0] ?? 'jq failed');
  return stdout === '' ? [] : stdout.split('\n').map((line) => JSON.parse(line));
}

/** @throws Error when jq cannot compile the query. */
export async function openPartitioner({ query, deaggregate }: Partitioning): Promise<Partitioner> {
  const jq = await loadJq();
  const { exitCode, stderr } = jq.raw('', `[${query}\n]`, ['-c']);
  if (exitCode !== 0) throw new Error(`MetadataExtractionQuery: ${stderr}`);

  const partition = (record: Arrived): Partitioned => {
    try {
      const documents = splitDocuments(record.data);
      if (!deaggregate && documents.length > 1)
        throw new DocumentError('ParseError', 'Record has several documents, and deaggregation is off');
      if (documents.length > MAX_DOCUMENTS_PER_RECORD) {
        throw new DocumentError(
          'MalformedData',
          `Record has ${documents.length} documents, more than the ${MAX_DOCUMENTS_PER_RECORD} deaggregation takes`,
        );
      }
      const outcomes = evaluate(jq, query, documents);
      const placed: Placed[] = [];
      const failures: Failure[] = [];
      for (const [index, document] of documents.entries()) {
        const data = Buffer.from(document);
        const keys = keysOf(outcomes[index]);
        if (typeof keys === 'string') failures.push(extractionFailure(record, data, keys));
        else placed.push({ data, keys });
      }
      return { placed, failures };
    } catch (error) {
      // The record is accepted already, so whatever is wrong with it leads to the error output
      const message = error instanceof Error ? error.message : String(error);
      return { placed: [], failures: [extractionFailure(record, record.data, message)] };
    }
  };
  return { partition };
}
