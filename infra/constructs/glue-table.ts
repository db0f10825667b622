import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Column } from '../../core/event/columns.ts';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import { ConfigError } from '../config.ts';
import { COLUMN_COMMENT_MAX } from '../limits.ts';

const ONE_LINE = /^[^\p{Cc}]*$/u;

/** Columns as Glue wants them.
 *  @throws ConfigError when a comment is one that Glue refuses. */
export function glueColumns({ name: table, columns }: LakeTable): CfnTable.ColumnProperty[] {
  return columns.map((column) => glueColumn(column, table));
}

export function glueColumn({ name, type, comment }: Column, table: string): CfnTable.ColumnProperty {
  if (comment.length > COLUMN_COMMENT_MAX || !ONE_LINE.test(comment)) {
    const expected = `one line of at most ${COLUMN_COMMENT_MAX} characters as comment of the column '${name}'`;
    throw new ConfigError(`table ${table}`, comment, expected);
  }
  return { name, type, comment: comment === '' ? undefined : comment };
}
