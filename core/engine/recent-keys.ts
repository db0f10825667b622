import { KEY_BYTES } from './idempotency-key.ts';

/** An idempotency key and the shard's clock when its event was taken in. */
export interface SeenKey {
  readonly key: string;
  readonly arrivalMs: number;
}

/** Most ids a shard remembers, whatever the horizon: in the order of 30 bytes each in memory. */
export const MAX_RECENT_KEYS = 500_000;

/** Room for keys at first: a power of two. */
const FIRST_ROOM = 4_096;
const WORDS = KEY_BYTES / 4;

/** The idempotency keys of a shard, as far back as horizon and memory reach. What is asked depends on the order of the
 *  events alone: when keys are forgotten shows nowhere.
 *
 *  Keys lie in a ring, in the order they came, and are found by a hash table with linear probing. All of it is plain
 *  numbers: half a million objects would keep the garbage collector busy for nothing. */
export class RecentKeys {
  readonly #horizonMs: number;
  readonly #limit: number;
  /** Places of the first key that is remembered and of the next to come, among all there ever were. */
  #first = 0;
  #next = 0;
  /** Keys that the ring has room for; a place's index in it is its remainder by this. */
  #room = FIRST_ROOM;
  #words = new Int32Array(FIRST_ROOM * WORDS);
  #arrivals = new Float64Array(FIRST_ROOM);
  /** Index in the ring, and one more: 0 is free. Of a key that came again after the horizon, the last. */
  #table = new Int32Array(2 * FIRST_ROOM);

  constructor(horizonMs: number, limit = MAX_RECENT_KEYS) {
    this.#horizonMs = horizonMs;
    this.#limit = limit;
  }

  get size(): number {
    return this.#next - this.#first;
  }

  /** Whether the key is remembered at the time `clockMs`, after `added` more have come that are not in here. */
  has(key: string, clockMs: number, added: number): boolean {
    const index = (this.#table[this.#slotOf(wordOf(key, 0), wordOf(key, 1), wordOf(key, 2))] as number) - 1;
    if (index < 0) return false;
    const age = (this.#next - 1 - index) & (this.#room - 1); // keys that came after it
    return this.isWithin(this.#arrivals[index] as number, clockMs) && age + 1 + added <= this.#limit;
  }

  isWithin(arrivalMs: number, clockMs: number): boolean {
    return arrivalMs >= clockMs - this.#horizonMs;
  }

  add(seen: readonly SeenKey[], clockMs: number): void {
    for (const { key, arrivalMs } of seen) {
      if (this.size === this.#room) this.#grow();
      this.#put(wordOf(key, 0), wordOf(key, 1), wordOf(key, 2), arrivalMs);
    }
    this.#forget(clockMs);
  }

  /** What is remembered, oldest first. */
  all(): readonly SeenKey[] {
    return Array.from({ length: this.size }, (_, n) => {
      const index = (this.#first + n) & (this.#room - 1);
      const words = this.#words.subarray(index * WORDS, (index + 1) * WORDS);
      const bytes = [...words].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
      return { key: String.fromCharCode(...bytes), arrivalMs: this.#arrivals[index] as number };
    });
  }

  #put(a: number, b: number, c: number, arrivalMs: number): void {
    const index = this.#next & (this.#room - 1);
    const at = index * WORDS;
    this.#words[at] = a;
    this.#words[at + 1] = b;
    this.#words[at + 2] = c;
    this.#arrivals[index] = arrivalMs;
    this.#table[this.#slotOf(a, b, c)] = index + 1;
    this.#next += 1;
  }

  /** Where the table has the key, or a free place for it. Keys are hashes: any bits of theirs spread them. */
  #slotOf(a: number, b: number, c: number): number {
    const table = this.#table;
    const words = this.#words;
    const mask = table.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = ((table[slot] as number) - 1) * WORDS;
      if (at < 0 || (words[at] === a && words[at + 1] === b && words[at + 2] === c)) return slot;
    }
  }

  #forget(clockMs: number): void {
    for (; this.#first < this.#next; this.#first++) {
      const index = this.#first & (this.#room - 1);
      if (this.isWithin(this.#arrivals[index] as number, clockMs) && this.size <= this.#limit) return;
      const at = index * WORDS;
      const slot = this.#slotOf(
        this.#words[at] as number,
        this.#words[at + 1] as number,
        this.#words[at + 2] as number,
      );
      if (this.#table[slot] === index + 1) this.#free(slot);
    }
  }

  /** Frees a slot of the table; what lies behind it, as far as the next free one, moves up where it is sought before. */
  #free(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = slot;
    for (let next = (hole + 1) & mask; table[next] !== 0; next = (next + 1) & mask) {
      const sought = (this.#words[((table[next] as number) - 1) * WORDS] as number) & mask;
      if (((next - sought) & mask) < ((next - hole) & mask)) continue;
      table[hole] = table[next] as number;
      hole = next;
    }
    table[hole] = 0;
  }

  #grow(): void {
    const [words, arrivals, room] = [this.#words, this.#arrivals, this.#room];
    const places = [this.#first, this.#next] as const;
    this.#room = 2 * room;
    this.#words = new Int32Array(this.#room * WORDS);
    this.#arrivals = new Float64Array(this.#room);
    this.#table = new Int32Array(2 * this.#room);
    this.#next = places[0];
    for (let place = places[0]; place < places[1]; place++) {
      const index = place & (room - 1);
      const at = index * WORDS;
      this.#put(words[at] as number, words[at + 1] as number, words[at + 2] as number, arrivals[index] as number);
    }
  }
}

/** Four characters of a key as a number. */
function wordOf(key: string, n: number): number {
  const code = (i: number) => key.charCodeAt(4 * n + i);
  return (code(0) << 24) | (code(1) << 16) | (code(2) << 8) | code(3);
}
