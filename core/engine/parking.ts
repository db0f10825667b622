import type { EventRecord } from './record.ts';

/** Where a key's records lie: `count` of those of the key in an object, from the `from`-th on. */
export interface ParkedPart {
  readonly object: string;
  readonly from: number;
  readonly count: number;
}

/** Why a key is parked: what its first waiting record met. */
export interface ParkedFailure {
  /** Id of the step that threw. */
  readonly step: string;
  /** What it threw, cut to a bounded length. */
  readonly found: string;
  /** Arrival of the record it threw on, in milliseconds since 1970. */
  readonly sinceMs: number;
}

export interface ParkedKey {
  failure: ParkedFailure;
  readonly parts: ParkedPart[];
}

/** Bounds of a shard's parking lot; beyond them the pipeline stops. */
const MAX_PARKED_KEYS = 10_000;
const MAX_PARKED_PARTS = 100_000;

/** The parked keys of a shard and where their records lie, in order. */
export class ParkingLot {
  readonly #keys = new Map<string, ParkedKey>();
  #parts = 0;

  get keys(): ReadonlyMap<string, Readonly<ParkedKey>> {
    return this.#keys;
  }

  get isFull(): boolean {
    return this.#keys.size >= MAX_PARKED_KEYS || this.#parts >= MAX_PARKED_PARTS;
  }

  /** Records waiting. */
  get size(): number {
    let records = 0;
    for (const { parts } of this.#keys.values()) for (const { count } of parts) records += count;
    return records;
  }

  copy(): ParkingLot {
    const copy = new ParkingLot();
    for (const [key, { failure, parts }] of this.#keys) copy.#keys.set(key, { failure, parts: [...parts] });
    copy.#parts = this.#parts;
    return copy;
  }

  /** Puts records behind those of the key. */
  park(key: string, part: ParkedPart, failure: ParkedFailure): void {
    const known = this.#keys.get(key);
    const last = known?.parts.at(-1);
    if (!known) this.#keys.set(key, { failure, parts: [part] });
    else if (last?.object === part.object && last.from + last.count === part.from) {
      known.parts[known.parts.length - 1] = { ...last, count: last.count + part.count };
      return;
    } else known.parts.push(part);
    this.#parts += 1;
  }

  /** Where the key's first records lie: so many of them, in so many parts, or fewer. */
  front(key: string, records: number, parts: number): readonly ParkedPart[] {
    const front: ParkedPart[] = [];
    let left = records;
    for (const part of this.#keys.get(key)?.parts ?? []) {
      if (left <= 0 || front.length === parts) break;
      front.push({ ...part, count: Math.min(part.count, left) });
      left -= part.count;
    }
    return front;
  }

  /** Takes away the key's first records; the key is free when none is left. */
  release(key: string, count: number): void {
    const parts = this.#keys.get(key)?.parts ?? [];
    for (let left = count; left > 0 && parts[0]; ) {
      const [first] = parts;
      if (first.count > left) parts[0] = { ...first, from: first.from + left, count: first.count - left };
      else {
        parts.shift();
        this.#parts -= 1;
      }
      left -= first.count;
    }
    if (parts.length === 0) this.#keys.delete(key);
  }

  fail(key: string, failure: ParkedFailure): void {
    const known = this.#keys.get(key);
    if (known) known.failure = failure;
  }
}

/** The parked records of one commit as they are stored: a JSON document a line, each with its payload in base64. */
export function encodeParked(records: readonly EventRecord[]): Uint8Array {
  const lines = records.map(({ shardId, position, partitionKey, arrivalMs, data }) =>
    JSON.stringify({
      shard_id: shardId,
      sequence_number: position.sequenceNumber,
      sub_sequence: position.subSequence,
      partition_key: partitionKey,
      arrival: new Date(arrivalMs).toISOString(),
      payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    }),
  );
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Reads the stored records of a key back, in order. */
export function decodeParked(bytes: Uint8Array, key: string): readonly EventRecord[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const records: EventRecord[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const { shard_id, sequence_number, sub_sequence, partition_key, arrival, payload } = JSON.parse(line);
    if (partition_key !== key) continue;
    records.push({
      shardId: shard_id,
      position: { sequenceNumber: sequence_number, subSequence: sub_sequence },
      partitionKey: partition_key,
      arrivalMs: Date.parse(arrival),
      data: Buffer.from(payload, 'base64'),
    });
  }
  return records;
}
