import type { LakeTable } from '../../core/pipeline/plan.ts';
import { rowsTableName } from '../names.ts';
import { partitionLayout } from './partition.ts';
import { trinoType } from './trino-type.ts';

/** '#' is in no column's name, so the count of copies cannot meet one. */
const COPY = quoted('copy#');

/** SQL of the view that reads each event of a table once, however often the producer, Lambda or Firehose repeated it.
 *
 *  Source and id alone tell events apart. Time and day stand among the keys as well because a filter on a key of the
 *  window can be carried out before it: Athena then reads only the folders and row groups of the time asked for.
 *  The copies of an event are identical, so this splits none. */
export function distinctSql(table: LakeTable): string {
  const partition = partitionLayout(table).column.name;
  const keys = ['event_source', 'event_id', 'event_time', ...(partition === 'event_day' ? [partition] : [])];
  const order = ['sequence_number', 'shard_id', ...(partition === 'event_day' ? [] : [partition])];
  const list = (names: readonly string[]) => names.map(quoted).join(', ');
  return [
    `SELECT ${list([...table.columns.map(({ name }) => name), partition])}`,
    'FROM (',
    `  SELECT *, row_number() OVER (PARTITION BY ${list(keys)} ORDER BY ${list(order)}) AS ${COPY}`,
    `  FROM ${quoted(rowsTableName(table.name))}`,
    ') AS numbered',
    `WHERE ${COPY} = 1`,
  ].join('\n');
}

/** A view as Athena keeps it in Glue: JSON in base64, inside a comment. */
export function viewText(table: LakeTable, database: string): string {
  const view = {
    originalSql: distinctSql(table),
    catalog: 'awsdatacatalog',
    schema: database,
    columns: [...table.columns, partitionLayout(table).column].map(({ name, type }) => ({
      name,
      type: trinoType(type),
    })),
  };
  return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`;
}

function quoted(name: string): string {
  return `"${name}"`;
}
