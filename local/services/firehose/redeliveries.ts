import type { Held } from './delivery.ts';
import type { Plan } from './journal.ts';
import { BACKUP_PART, type Part } from './part.ts';

/** Parts of a delivery that an earlier run had begun, all through again. */
export interface Redelivery {
  readonly plan: Plan;
  readonly held: readonly Held[];
  readonly isBackup: boolean;
}

interface Gathering extends Redelivery {
  readonly held: Held[];
  open: number;
}

/** Gathers the parts of such deliveries: each is done again under its old keys, once every part has come through and so
 *  is in its objects, or nowhere. */
export class Redeliveries {
  private readonly gathering = new Map<number, Gathering>();
  private readonly gathered: (redelivery: Redelivery) => void;

  constructor(gathered: (redelivery: Redelivery) => void) {
    this.gathered = gathered;
  }

  /** Whether the part belongs to one; it stays apart from the buffers then. */
  takes({ part: { plan }, failure }: Held): boolean {
    return plan !== undefined && (failure !== undefined || 'data' in plan.objects);
  }

  add(held: Held): void {
    this.of(held.part)?.held.push(held);
    this.skip(held.part);
  }

  /** A part will not be in the objects: it was dropped, or does not fail any more. */
  skip(part: Part): void {
    const gathering = this.of(part);
    if (!gathering || --gathering.open > 0) return;
    this.gathering.delete(gathering.plan.id);
    if (gathering.held.length > 0) this.gathered(gathering);
  }

  private of({ plan, part }: Part): Gathering | undefined {
    if (!plan) return undefined;
    const found = this.gathering.get(plan.id) ?? { plan, held: [], isBackup: part === BACKUP_PART, open: plan.size };
    this.gathering.set(plan.id, found);
    return found;
  }
}
