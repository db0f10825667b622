import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeEntry, encodeChange, encodeRecords } from './frames.ts';
import { readFrames, writeFrame } from './journal-file.ts';
import type { Change, Store } from './store.ts';
import type { Placed, Stream } from './stream.ts';

/** Remembers what happened to the streams, so that they outlive the process. */
export interface Journal {
  change(change: Change): void;
  records(stream: string, records: readonly Placed[]): void;
  close(): void;
}

/** For streams that live as long as the process. */
export const noJournal: Journal = { change() {}, records() {}, close() {} };

/** Records rewritten in one frame. */
const REWRITE_BATCH = 500;
/** Smaller journals are never rewritten. */
const REWRITE_BYTES_MIN = 1024 * 1024;

/** Fills the empty store from the file. Gives the bytes that count and those of a torn end. */
function replay(file: number, store: Store): { readonly wholeBytes: number; readonly tornBytes: number } {
  let wholeBytes = 0;
  for (const { payload, end } of readFrames(file)) {
    const entry = decodeEntry(payload);
    if (entry.type === 'change') store.apply(entry.change);
    else store.append(entry.stream, entry.records);
    wholeBytes = end;
  }
  return { wholeBytes, tornBytes: fstatSync(file).size - wholeBytes };
}

function writeStream(file: number, stream: Stream): void {
  writeFrame(file, encodeChange({ type: 'restore', state: stream.state }));
  for (const shard of stream.shards) {
    const records = shard.records.map((record) => ({ ...record, shardIndex: shard.index }));
    for (let at = 0; at < records.length; at += REWRITE_BATCH) {
      writeFrame(file, encodeRecords(stream.name, records.slice(at, at + REWRITE_BATCH)));
    }
  }
}

/** Writes what the store holds now to a new file and puts that in the old one's place. */
function rewrite(path: string, store: Store): void {
  const file = openSync(`${path}.new`, 'w');
  for (const stream of store.all()) writeStream(file, stream);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

function liveBytes(store: Store): number {
  let bytes = 0;
  for (const stream of store.all()) {
    for (const shard of stream.shards) {
      for (const record of shard.records) bytes += record.data.length + record.partitionKey.length;
    }
  }
  return bytes;
}

/** Opens the journal at the path, fills the store from it, and drops a torn last entry: a call that was cut off by the
 *  end of the process and never answered. Rewrites the file when most of it has outlived its retention.
 *  Throws when the file is damaged elsewhere. */
export function openJournal(path: string, store: Store, nowMs: number, log: (line: string) => void): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const found = openSync(path, 'a+');
  const { wholeBytes, tornBytes } = replay(found, store);
  if (tornBytes > 0) {
    ftruncateSync(found, wholeBytes);
    log(`kinesis: dropped an unfinished entry of ${tornBytes} bytes from the journal`);
  }
  closeSync(found);
  for (const stream of store.all()) stream.trim(nowMs);
  if (wholeBytes > REWRITE_BYTES_MIN && wholeBytes > 2 * liveBytes(store)) rewrite(path, store);

  const file = openSync(path, 'a');
  return {
    change: (change) => writeFrame(file, encodeChange(change)),
    records: (stream, records) => writeFrame(file, encodeRecords(stream, records)),
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}
