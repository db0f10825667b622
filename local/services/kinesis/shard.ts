import type { ShardPosition, ShardRead, StreamRecord } from '../kinesis-reader.ts';
import type { HashRange } from './hash-key.ts';
import { compareSequence, firstSequenceNumber, lastSequenceNumber, sequenceNumber } from './sequence.ts';
import { READ_BYTES_MAX } from './throttle.ts';

/** Trimmed records are let go of in strides of this many at least. */
const TRIM_STRIDE = 1024;

/** Everything about a shard but its records, as the journal keeps it. */
export interface ShardState {
  readonly index: number;
  readonly range: HashRange;
  /** One parent after a split, two after a merge. */
  readonly parentIds: readonly string[];
  readonly createdMs: number;
  readonly closedMs?: number;
  /** How many records were ever appended before those that follow. */
  readonly counter: number;
  /** Number of the newest of those; missing when there were none. */
  readonly lastSequenceNumber?: string;
}

/** What a read gave, with what counts for the limits. */
export interface MeteredRead extends ShardRead {
  readonly bytes: number;
  /** Whether the next record would have been too much for one answer. */
  readonly isFull: boolean;
}

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** An ordered log of records for a range of hash keys. */
export class Shard {
  readonly id: string;
  readonly index: number;
  readonly range: HashRange;
  readonly parentIds: readonly string[];
  readonly createdMs: number;
  readonly startingSequenceNumber: string;
  closedMs: number | undefined;
  #records: StreamRecord[] = [];
  /** Index of the oldest record not trimmed. */
  #head = 0;
  #counter: number;
  #lastSequenceNumber: string;

  constructor(state: ShardState) {
    this.id = shardIdOf(state.index);
    this.index = state.index;
    this.range = state.range;
    this.parentIds = state.parentIds;
    this.createdMs = state.createdMs;
    this.closedMs = state.closedMs;
    this.startingSequenceNumber = firstSequenceNumber(this);
    this.#counter = state.counter;
    this.#lastSequenceNumber = state.lastSequenceNumber ?? this.startingSequenceNumber;
  }

  get isOpen(): boolean {
    return this.closedMs === undefined;
  }

  /** Undefined while the shard is open. */
  get endingSequenceNumber(): string | undefined {
    return this.isOpen ? undefined : lastSequenceNumber(this);
  }

  /** Of the newest record, or lower than every record's while there has been none. */
  get lastSequenceNumber(): string {
    return this.#lastSequenceNumber;
  }

  /** The records within retention, oldest first. */
  get records(): readonly StreamRecord[] {
    return this.#records.slice(this.#head);
  }

  get recordCount(): number {
    return this.#records.length - this.#head;
  }

  /** The state before the records it still holds: a shard made of it takes them again, under the same numbers. */
  get state(): ShardState {
    const { index, range, parentIds, createdMs, closedMs } = this;
    const counter = this.#counter - this.recordCount;
    return { index, range, parentIds, createdMs, closedMs, counter, lastSequenceNumber: this.#lastSequenceNumber };
  }

  append(partitionKey: string, data: Buffer, arrivalMs: number): StreamRecord {
    this.#counter += 1;
    const record = { sequenceNumber: sequenceNumber(this, this.#counter, arrivalMs), partitionKey, data, arrivalMs };
    this.#lastSequenceNumber = record.sequenceNumber;
    this.#records.push(record);
    return record;
  }

  close(atMs: number): void {
    this.closedMs = atMs;
  }

  /** Lets go of the records that arrived before the horizon. */
  trim(horizonMs: number): void {
    while (this.recordCount > 0 && this.#at(this.#head).arrivalMs < horizonMs) this.#head += 1;
    if (this.#head < TRIM_STRIDE || this.#head * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#head);
    this.#head = 0;
  }

  /** At most `limit` records and `maxBytes`, 10 MiB unless told; one record at least if there is one. */
  read(position: ShardPosition, limit: number, nowMs: number, maxBytes = READ_BYTES_MAX): MeteredRead {
    const from = this.#find(position);
    let to = from;
    let bytes = 0;
    let isFull = false;
    for (; to < this.#records.length && to - from < limit; to += 1) {
      const size = this.#at(to).data.length;
      isFull = bytes + size > maxBytes && to > from;
      if (isFull) break;
      bytes += size;
    }
    const records = this.#records.slice(from, to);
    const newest = records.at(-1);
    const isAtTip = to === this.#records.length;
    return {
      records,
      next: isAtTip && !this.isOpen ? null : newest ? { after: newest.sequenceNumber } : this.#resolve(position),
      // Zero would say that there is nothing more.
      millisBehindLatest: isAtTip ? 0 : Math.max(1, nowMs - (newest ?? this.#at(to)).arrivalMs),
      bytes,
      isFull: isFull || bytes >= maxBytes,
    };
  }

  /** A position that means the same however much is appended later. */
  #resolve(position: ShardPosition): ShardPosition {
    return typeof position === 'object' ? position : { after: this.#lastSequenceNumber };
  }

  #at(index: number): StreamRecord {
    return this.#records[index] as StreamRecord;
  }

  #find(position: ShardPosition): number {
    if (position === 'TRIM_HORIZON') return this.#head;
    if (position === 'LATEST') return this.#records.length;
    if ('fromMs' in position) return this.#firstWhere((record) => record.arrivalMs >= position.fromMs);
    return this.#firstWhere((record) => compareSequence(record.sequenceNumber, position.after) > 0);
  }

  /** By halving: `holds` must be false up to some record and true from there on. */
  #firstWhere(holds: (record: StreamRecord) => boolean): number {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#at(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
