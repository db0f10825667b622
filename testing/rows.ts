import { ORIGIN_COLUMNS } from '../core/pipeline/lake.ts';
import { DriveError } from './errors.ts';

/** A row by its columns; a column without a value is left out. */
export type Row = Readonly<Record<string, unknown>>;

/** Where a row's record lay: a producer's copy of an event lay somewhere else. */
const PLACE = ['shard_id', 'sequence_number'];

/** A table's rows as its view shows them: of the rows with one source, id and time the first in the stream.
 *  @throws DriveError when two of them say different things. */
export function distinct(table: string, rows: readonly Row[]): readonly Row[] {
  const first = new Map<string, Row>();
  for (const row of rows) {
    const id = JSON.stringify([row.event_source, row.event_id, row.event_time]);
    const known = first.get(id);
    if (known && JSON.stringify(without(PLACE, known)) !== JSON.stringify(without(PLACE, row))) {
      throw new DriveError(
        `table '${table}': found two rows of id '${row.event_id}' that differ; expected steps that depend on their arguments alone`,
      );
    }
    if (!known || isBefore(row, known)) first.set(id, row);
  }
  return [...first.values()];
}

const isBefore = (a: Row, b: Row) => placeOf(a) < placeOf(b);

const placeOf = ({ sequence_number, shard_id }: Row) => `${sequence_number} ${shard_id}`;

const ORIGIN = ORIGIN_COLUMNS.map(({ name }) => name);

/** The row without the columns that Millrace puts before the schema's. */
export const ownColumns = (row: Row): Row => without(ORIGIN, row);

const without = (columns: readonly string[], row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name)));
