import type { Extracted } from './partition.ts';
import { partitionKeys } from './partition.ts';

/** What a function said of one record. */
export type Verdict =
  | { readonly kind: 'ok'; readonly data: Buffer; readonly keys: Readonly<Record<string, string>> }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Codes are those of Firehose's guide; messages those it was seen to write, where it was. */
const failed = (code: string, message: string): Verdict => ({ kind: 'failed', code: `Lambda.${code}`, message });
const MISSING = failed(
  'MissingRecordId',
  'One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.',
);
const DUPLICATED = failed(
  'DuplicatedRecordId',
  'Multiple records were returned with the same record Id. Ensure that the Lambda function returns a unique record Id for each record.',
);
const NO_DATA = failed(
  'InvalidReturnFormat',
  'The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result is Ok. The value field cannot be null when the SourceType is MSKAsSource and processing result is Ok.',
);

// biome-ignore lint/suspicious/noExplicitAny: a function may answer anything
type Answered = Record<string, any>;

function verdictOn({ result, data, metadata }: Answered): Verdict {
  if (result === 'Dropped') return { kind: 'dropped' };
  if (result === 'ProcessingFailed') return failed('ProcessingFailedStatus', 'ProcessingFailed status set for record');
  if (result !== 'Ok')
    return failed('FunctionError', 'The result of a record must be one of Ok, Dropped and ProcessingFailed.');
  if (data === undefined || data === null) return NO_DATA;
  if (typeof data !== 'string' || !BASE64.test(data))
    return failed('JsonMappingException', 'The data of a record must be base64 encoded.');
  const keys: Extracted = partitionKeys(metadata?.partitionKeys ?? {});
  if (typeof keys === 'string')
    return { kind: 'failed', code: 'DynamicPartitioning.MetadataExtractionFailed', message: keys };
  return { kind: 'ok', data: Buffer.from(data, 'base64'), keys };
}

/** Reads a function's answer: a verdict on each of the ids that were sent. An answer without records leaves them all
 *  out; ids that were not sent do not matter. */
export function verdicts(payload: string, ids: readonly string[]): readonly Verdict[] {
  let answer: Answered | null;
  try {
    answer = JSON.parse(payload);
  } catch {
    return ids.map(() => failed('JsonProcessingException', 'The answer of the function is not JSON.'));
  }
  const answered = new Map<string, Verdict>();
  for (const record of Array.isArray(answer?.records) ? answer.records : []) {
    const id = String(record?.recordId);
    answered.set(id, answered.has(id) ? DUPLICATED : verdictOn(record ?? {}));
  }
  return ids.map((id) => answered.get(id) ?? MISSING);
}
