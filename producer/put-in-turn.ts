import { PutError, type PutRecords } from './put.ts';
import type { OutgoingRecord } from './record.ts';

/** Kinesis takes 500 records and 10 MiB a call; half of the bytes keeps a call quick. */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;

export interface PutInTurnOptions {
  readonly putRecords: PutRecords;
  readonly onProgress?: (put: number) => void;
}

/** Puts records one behind the other, whatever their keys: history that is put at once keeps its order in each shard, by
 *  which event time goes. Only to a stream that refuses none: what stands behind a refused record has overtaken it.
 *  @returns how many records were put.
 *  @throws PutError when a record is refused. */
export async function putInTurn(
  records: AsyncIterable<OutgoingRecord>,
  { putRecords, onProgress }: PutInTurnOptions,
): Promise<number> {
  let put = 0;
  let call: OutgoingRecord[] = [];
  let bytes = 0;
  const send = async () => {
    const refused = (await putRecords(call)).find((code) => code !== undefined);
    if (refused !== undefined) throw new PutError(`a record was refused with ${refused}, and others behind it taken`);
    put += call.length;
    onProgress?.(put);
    [call, bytes] = [[], 0];
  };
  for await (const record of records) {
    const size = record.data.length + record.partitionKey.length;
    if (call.length === MAX_RECORDS || (call.length > 0 && bytes + size > MAX_BYTES)) await send();
    call.push(record);
    bytes += size;
  }
  if (call.length > 0) await send();
  return put;
}
