import { type Plan, partsOf, type SavedQuery } from '../../core/pipeline/plan.ts';
import { rowsTableName } from '../names.ts';

/** What an operator asks first about records that were refused. */
export const quarantineQueries: readonly SavedQuery[] = [
  {
    name: 'quarantine-by-reason',
    description: 'Records that could not be processed, counted by pipeline, step and reason',
    sql: `
SELECT pipeline, step, reason, count(*) AS records, min(event_time) AS oldest, max(event_time) AS newest
FROM quarantine
GROUP BY pipeline, step, reason
ORDER BY records DESC, pipeline, step, reason`,
  },
  {
    name: 'quarantine-newest',
    description: 'The twenty records refused last: what was found, what was expected, where they are in the stream',
    sql: `
SELECT event_time, pipeline, step, reason, found, expected, shard_id, sequence_number, sub_sequence
FROM quarantine
ORDER BY event_time DESC, sequence_number DESC, sub_sequence DESC
LIMIT 20`,
  },
];

/** How many copies the views of a pipeline's tables hold back; nothing to ask of a pipeline without tables. */
export function copiesQueries(plan: Plan): readonly SavedQuery[] {
  const counts = partsOf(plan)
    .flatMap(({ tables }) => tables)
    .map(
      ({ name }) =>
        `SELECT '${name}' AS table_name, ` +
        `(SELECT count(*) FROM ${rowsTableName(name)}) AS stored_rows, (SELECT count(*) FROM ${name}) AS distinct_rows`,
    );
  if (counts.length === 0) return [];
  const description = 'Rows stored and distinct rows of each table: the difference is copies that the views hold back';
  return [{ name: 'copies-by-table', description, sql: `${counts.join('\nUNION ALL\n')}\nORDER BY table_name` }];
}
