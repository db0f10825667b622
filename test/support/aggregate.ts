import { createHash } from 'node:crypto';
import { Writer } from 'protobufjs/minimal.js';

/** A KPL aggregate of the records: partition key (undefined: an index that points nowhere) and data. */
export function aggregateOf(records: readonly (readonly [string | undefined, Uint8Array])[]): Buffer {
  const keys = [...new Set(records.flatMap(([key]) => (key === undefined ? [] : [key])))];
  const writer = Writer.create();
  for (const key of keys) writer.uint32((1 << 3) | 2).string(key);
  for (const [key, data] of records) {
    writer.uint32((3 << 3) | 2).fork();
    writer.uint32(1 << 3).uint32(key === undefined ? 99 : keys.indexOf(key));
    writer.uint32((3 << 3) | 2).bytes(data);
    writer.ldelim();
  }
  const message = writer.finish();
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
}
