import { DocumentError, splitDocuments } from './documents.ts';
import { SUB_RECORDS_MAX } from './limits.ts';
import type { Deaggregation } from './processor-settings.ts';

function splitBy(data: Buffer, delimiter: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let from = 0;
  for (let at = data.indexOf(delimiter); at >= 0; at = data.indexOf(delimiter, from)) {
    found.push(data.subarray(from, at));
    from = at + delimiter.length;
  }
  found.push(data.subarray(from));
  return found.filter((piece) => piece.length > 0);
}

/** Takes a record apart into its JSON documents, or at its delimiters.
 *  @throws DocumentError when it cannot be, or has more than 500. */
export function deaggregate(data: Buffer, how: Deaggregation | undefined): Buffer[] {
  if (!how) return [data];
  const pieces =
    how.kind === 'DELIMITED' ? splitBy(data, how.delimiter) : splitDocuments(data).map((text) => Buffer.from(text));
  if (pieces.length === 0) throw new DocumentError('MalformedData', 'Record is empty');
  if (pieces.length <= SUB_RECORDS_MAX) return pieces;
  throw new DocumentError(
    'MalformedData',
    `Record has ${pieces.length} sub-records, more than the ${SUB_RECORDS_MAX} deaggregation takes`,
  );
}
