import type { EventType } from '../event/event.ts';
import { checkStepId } from './errors.ts';
import type { PlanNode } from './plan.ts';
import type { JoinHow } from './sides.ts';
import { type AsTheyCame, lastOf, type Mapped, outputOf, pathTo, type Stream } from './stream.ts';
import type { TableChange } from './table-change.ts';
import { type TableJoinOptions, tableJoinNode } from './table-join.ts';
import type { Version } from './version.ts';

/** A row for each key of the events, which changes. Immutable, as a stream is. */
export class Table<Value> {
  /** The type of the events that the rows were made of; of several, the first. */
  readonly event: EventType;
  /** Every change of a row when it is known: of one that comes after a later change of the row nothing is told. What the
   *  changes lead to does not depend on the order in which they arrive. */
  readonly changes: Stream<TableChange<Value>, Mapped>;
  /** What the steps that keep the rows depend on. */
  readonly shape: string;

  /** Tables are made by `stream.table()` and `table.join()`; `path` ends with the table's step. */
  constructor(event: EventType, path: readonly PlanNode[]) {
    const step = path[path.length - 1];
    this.event = event;
    this.changes = outputOf(event, path, 'changes');
    this.shape = step?.kind === 'process' ? step.shape : '';
  }

  /** Joins the rows of each key of two tables of the same key: the table of the joined rows, which tells a change whenever
   *  one of them changes.
   *
   *      const accounts = customers.join('accounts', balances, {
   *        how: 'left',
   *        with: (customer, balance) => ({ ...customer, cents: balance?.cents ?? 0 }),
   *      }); */
  join<Right, How extends JoinHow, Result>(
    id: string,
    right: Table<Right>,
    options: TableJoinOptions<Value, Right, How, Result>,
  ): Table<Result> {
    const inputs = [lastOf(this.changes), lastOf(right.changes)];
    const step = tableJoinNode(checkStepId(id), inputs, [this.shape, right.shape], options);
    return new Table(this.event, pathTo(step, this.changes, right.changes));
  }
}

/** A table made of a stream's items: it knows how its rows were. */
export class SourceTable<Value, Item, Kind extends AsTheyCame | Mapped> extends Table<Value> {
  /** For `stream.lookup()`: all changes that are in time, also of rows that have changed again. */
  readonly versions: Stream<Version<Value>, Mapped>;
  /** Changes of a key without row that came too late to tell whether the row has been deleted since, as they came. */
  readonly late: Stream<Item, Kind>;

  /** How long after its last change a row is deleted. */
  readonly ttlMs: number;

  constructor(event: EventType, path: readonly PlanNode[], ttlMs: number) {
    super(event, path);
    this.ttlMs = ttlMs;
    this.versions = outputOf(event, path, 'versions');
    this.late = outputOf(event, path, 'late');
  }
}
