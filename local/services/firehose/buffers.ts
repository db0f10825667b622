export interface BufferHints {
  readonly bytes: number;
  readonly seconds: number;
}

/** A buffer that was full or old enough. */
export interface Flushed<Item> {
  readonly key: string;
  readonly items: readonly Item[];
  readonly bytes: number;
  /** How long it was filled. */
  readonly ms: number;
}

interface Filling<Item> {
  readonly items: Item[];
  readonly timer: NodeJS.Timeout;
  readonly sinceMs: number;
  bytes: number;
}

/** Buffers by key. Each is handed over when it holds enough bytes or its first item has waited long enough. */
export class Buffers<Item> {
  private readonly flushed: (buffer: Flushed<Item>) => void;
  private readonly fillings = new Map<string, Filling<Item>>();
  hints: BufferHints;

  constructor(hints: BufferHints, flushed: (buffer: Flushed<Item>) => void) {
    this.hints = hints;
    this.flushed = flushed;
  }

  has(key: string): boolean {
    return this.fillings.has(key);
  }

  add(key: string, item: Item, bytes: number): void {
    const filling = this.fillings.get(key) ?? this.begin(key);
    filling.items.push(item);
    filling.bytes += bytes;
    if (filling.bytes >= this.hints.bytes) this.flush(key);
  }

  flushAll(): void {
    for (const key of [...this.fillings.keys()]) this.flush(key);
  }

  /** Forgets what is held. */
  clear(): void {
    for (const { timer } of this.fillings.values()) clearTimeout(timer);
    this.fillings.clear();
  }

  private begin(key: string): Filling<Item> {
    const timer = setTimeout(() => this.flush(key), this.hints.seconds * 1000);
    const filling = { items: [], timer, sinceMs: performance.now(), bytes: 0 };
    this.fillings.set(key, filling);
    return filling;
  }

  private flush(key: string): void {
    const filling = this.fillings.get(key);
    if (!filling) return;
    clearTimeout(filling.timer);
    this.fillings.delete(key);
    const { items, bytes, sinceMs } = filling;
    this.flushed({ key, items, bytes, ms: performance.now() - sinceMs });
  }
}
