import type { Ticket } from './journal.ts';

/** Records that are accepted and not delivered yet. */
export class OpenRecords {
  private readonly open = new Set<number>();
  private waiting: (() => void)[] = [];

  get size(): number {
    return this.open.size;
  }

  /** Counts the record as open until its ticket settles. */
  add({ record, settle }: Ticket): Ticket {
    this.open.add(record);
    return {
      record,
      settle: () => {
        settle();
        this.open.delete(record);
        if (this.waiting.length > 0) for (const resolve of this.waiting.splice(0)) resolve();
      },
    };
  }

  /** Resolves once those that are open now are delivered. */
  async settled(): Promise<void> {
    const awaited = [...this.open];
    while (awaited.some((record) => this.open.has(record)))
      await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
