import type { Invocation } from '../services/lambda/hosted.ts';
import type { EventRecord } from './event.ts';

/** How an invocation that took place ended for its batch. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  /** The record at index `from` and all after it are to be tried again; `failures` is how many were reported. */
  | { readonly kind: 'partly-failed'; readonly from: number; readonly failures: number }
  /** `functionError` is null when the function ran to its end but gave an answer that fails the batch. */
  | { readonly kind: 'failed'; readonly functionError: string | null };

const SUCCEEDED: Outcome = { kind: 'succeeded' };
const BAD_ANSWER: Outcome = { kind: 'failed', functionError: null };

/** What Lambda takes for "nothing to report": null, "", [], {}; with tumbling windows also a state alone. */
function isEmpty(answer: unknown, isWindowed: boolean): boolean {
  if (answer === null || answer === '') return true;
  return typeof answer === 'object' && Object.keys(answer).every((key) => isWindowed && key === 'state');
}

function parse(payload: string): unknown {
  return payload === '' ? null : JSON.parse(payload);
}

function identifierOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'itemIdentifier' in item ? item.itemIdentifier : undefined;
}

/** The index in the batch of each reported failure; −1 for one that is not in it. Ids are compared as texts: the
 *  stream gives each number in one form only. Records of one aggregate share theirs: the first of them counts. */
function indexesOf(items: readonly unknown[], records: readonly EventRecord[]): number[] {
  const index = new Map<unknown, number>();
  for (const [position, { record }] of records.entries()) {
    if (!index.has(record.sequenceNumber)) index.set(record.sequenceNumber, position);
  }
  return items.map((item) => index.get(identifierOf(item)) ?? -1);
}

/** Reads what a function answered for a batch. An id that is empty, missing or not in the batch fails all of it, also
 *  beside valid ones; so does an answer of any other form. Without `reportsItemFailures` the answer is ignored. */
export function interpret(
  invocation: Pick<Invocation, 'payload' | 'functionError'>,
  records: readonly EventRecord[],
  reportsItemFailures: boolean,
  isWindowed = false,
): Outcome {
  if (invocation.functionError) return { kind: 'failed', functionError: invocation.functionError };
  if (!reportsItemFailures) return SUCCEEDED;
  const answer = parse(invocation.payload);
  if (isEmpty(answer, isWindowed)) return SUCCEEDED;
  if (typeof answer !== 'object' || answer === null || !('batchItemFailures' in answer)) return BAD_ANSWER;
  const items = answer.batchItemFailures;
  if (items === null) return SUCCEEDED;
  if (!Array.isArray(items)) return BAD_ANSWER;
  if (items.length === 0) return SUCCEEDED;
  const from = indexesOf(items, records).reduce((lowest, index) => Math.min(lowest, index), records.length);
  return from < 0 ? BAD_ANSWER : { kind: 'partly-failed', from, failures: items.length };
}

/** The state that an answer carries for its tumbling window, as JSON; undefined when it has none. */
export function stateOf(payload: string): string | undefined {
  const answer = parse(payload);
  if (typeof answer !== 'object' || answer === null || !('state' in answer)) return undefined;
  return typeof answer.state === 'object' && answer.state !== null ? JSON.stringify(answer.state) : undefined;
}
