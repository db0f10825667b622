import type { Plan, SavedQuery } from '../../core/pipeline/plan.ts';
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

/** How many copies the views of a pipeline's tables hold back. */
export function copiesQuery({ tables }: Plan): SavedQuery {
  const counts = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS table_name, ` +
      `(SELECT count(*) FROM ${rowsTableName(name)}) AS stored_rows, (SELECT count(*) FROM ${name}) AS distinct_rows`,
  );
  return {
    name: 'copies-by-table',
    description: 'Rows stored and distinct rows of each table: the difference is copies that the views hold back',
    sql: `${counts.join('\nUNION ALL\n')}\nORDER BY table_name`,
  };
}
