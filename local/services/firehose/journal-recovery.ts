import type { Fate, Plan, Recovered, Ticket } from './journal.ts';
import type { Frame } from './journal-frame.ts';
import type { Accepted } from './part.ts';

/** Puts together what the files of earlier runs say: which records there are and what became of their parts. */
export class Recovery {
  lastRecord = 0;
  lastPlan = 0;
  private readonly records = new Map<number, { record: Accepted; ticket: Ticket }>();
  /** Record → part → the plan it is in. */
  private readonly planned = new Map<number, Map<number, Plan>>();
  private readonly done = new Set<number>();

  /** Files come oldest first. `hold` gives the ticket of a record. */
  read(frames: Iterable<Frame>, hold: (record: number) => Ticket): void {
    for (const frame of frames) {
      if (frame.kind === 'record') {
        this.lastRecord = Math.max(this.lastRecord, frame.number);
        this.records.set(frame.number, { record: frame.record, ticket: hold(frame.number) });
      } else if (frame.kind === 'plan') this.plan(frame.plan, frame.parts);
      else this.done.add(frame.id);
    }
  }

  /** Every record found; the stream settles those whose parts are all delivered. */
  unsettled(): readonly Recovered[] {
    return [...this.records].map(([number, { record, ticket }]) => ({
      record,
      ticket,
      fateOf: (part) => this.fateOf(number, part),
    }));
  }

  private fateOf(record: number, part: number): Fate {
    const plan = this.planned.get(record)?.get(part);
    return plan && this.done.has(plan.id) ? 'delivered' : plan;
  }

  private plan(plan: Plan, parts: readonly { readonly record: number; readonly part: number }[]): void {
    this.lastPlan = Math.max(this.lastPlan, plan.id);
    for (const { record, part } of parts) {
      const of = this.planned.get(record) ?? new Map<number, Plan>();
      this.planned.set(record, of.set(part, plan));
    }
  }
}
