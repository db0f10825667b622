import type { EventRecord } from './event.ts';

/** Which records of a shard are still open. The checkpoint lies right before the first of them. */
export interface Progress {
  /** What the open records take up in events. */
  readonly bytes: number;
  /** Takes note of a record of the stream, in the order of the shard, and of what is to be delivered of it: nothing when
   *  it was filtered out, several when it was an aggregate. */
  take(sequenceNumber: string, parts: readonly EventRecord[]): void;
  /** These are delivered or given up. */
  finish(records: readonly EventRecord[]): void;
}

/** `reached` gets the last sequence number up to which nothing is open any more, each time it moves. */
export function trackProgress(reached: (sequenceNumber: string) => void): Progress {
  // In the order of the shard, as a Map keeps it: how many parts of each are open.
  const open = new Map<string, number>();
  let bytes = 0;

  function advance(): void {
    let last: string | undefined;
    for (const [sequenceNumber, parts] of open) {
      if (parts > 0) break;
      open.delete(sequenceNumber);
      last = sequenceNumber;
    }
    if (last !== undefined) reached(last);
  }

  return {
    get bytes() {
      return bytes;
    },
    take(sequenceNumber, parts) {
      open.set(sequenceNumber, parts.length);
      for (const part of parts) bytes += part.bytes;
    },
    finish(records) {
      for (const { record, bytes: freed } of records) {
        open.set(record.sequenceNumber, (open.get(record.sequenceNumber) ?? 1) - 1);
        bytes -= freed;
      }
      advance();
    },
  };
}
