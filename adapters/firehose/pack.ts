/** What a Firehose record and call may hold (https://docs.aws.amazon.com/firehose/latest/dev/limits.html): 1,000 KiB a
 *  record before base64, 500 records or 4 MiB a call. */
const MAX_RECORD_BYTES = 1_000 * 1024;
const MAX_CALL_RECORDS = 500;
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/** Firehose takes at most 500 sub-records out of a record that it de-aggregates for dynamic partitioning
 *  (https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html). */
const MAX_ROWS_PER_RECORD = 500;

/** Packs rows into newline-delimited records, as few as the limits allow: Firehose bills each record rounded up to
 *  5 KB. The limit of sub-records is kept for every table, since it costs nothing at that size. */
export function packRows(rows: readonly string[]): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  let lines: string[] = [];
  let bytes = 0;
  const flush = () => {
    if (lines.length > 0) records.push(Buffer.from(`${lines.join('\n')}\n`));
    lines = [];
    bytes = 0;
  };
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row) + 1;
    if (rowBytes > MAX_RECORD_BYTES)
      throw new RangeError(`a row of ${rowBytes} bytes; expected at most ${MAX_RECORD_BYTES}`);
    if (bytes + rowBytes > MAX_RECORD_BYTES || lines.length === MAX_ROWS_PER_RECORD) flush();
    lines.push(row);
    bytes += rowBytes;
  }
  flush();
  return records;
}

/** Splits records into calls. */
export function packCalls(records: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const calls: Uint8Array[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const call = calls.at(-1);
    if (!call || call.length === MAX_CALL_RECORDS || bytes + record.length > MAX_CALL_BYTES) {
      calls.push([record]);
      bytes = record.length;
    } else {
      call.push(record);
      bytes += record.length;
    }
  }
  return calls;
}
