import type * as z from 'zod';
import { type Column, ColumnError, columnsOf } from '../event/columns.ts';
import type { ObjectSchema } from '../event/event.ts';
import { PipelineError } from './errors.ts';
import type { LakeTable, Partition } from './plan.ts';

export interface LakeOptions<Schema extends ObjectSchema> {
  /** Schema of the rows; needed for a mapped stream, left out for events as they came. */
  readonly schema?: Schema;
  /** Default: by delivery hour. */
  readonly partition?: Partition;
  readonly description?: string;
}

/** A table to send a stream to. `Row` is what its schema takes; undefined when it takes the events' own schema. */
export interface Lake<Row = unknown> {
  readonly kind: 'lake';
  readonly name: string;
  readonly schema: ObjectSchema | undefined;
  readonly partition: Partition;
  readonly description: string;
  /** Never called: it tells the compiler what rows the table takes. */
  readonly takes?: (row: Row) => void;
}

const TABLE = /^[a-z][a-z0-9_]{0,100}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Names a table of the lake.
 *  @throws PipelineError when the name or the partition is not usable. */
export function lake<Schema extends ObjectSchema = never>(
  name: string,
  options: LakeOptions<Schema> = {},
): Lake<[Schema] extends [never] ? undefined : z.input<Schema>> {
  if (!TABLE.test(name) || name.endsWith('_rows') || name === 'quarantine') {
    throw new PipelineError(
      name,
      `the table name '${name}'`,
      "lower-case letters, digits and underscores, not 'quarantine' and not ending in '_rows', which Millrace uses",
    );
  }
  const partition = options.partition ?? { by: 'delivery-hour' };
  if (partition.by === 'event-day' && !(DAY.test(partition.since) && !Number.isNaN(Date.parse(partition.since)))) {
    throw new PipelineError(name, `since '${partition.since}'`, "the first day as 'yyyy-MM-dd'");
  }
  return Object.freeze({
    kind: 'lake',
    name,
    schema: options.schema,
    partition: Object.freeze(partition),
    description: options.description ?? '',
  });
}

/** Columns that every table begins with: who the event is, when it happened, where it came from. */
export const ORIGIN_COLUMNS: readonly Column[] = Object.freeze([
  {
    name: 'event_id',
    type: 'string',
    comment:
      'Id of the event, with #n behind it for the n-th row of a flatMap and /step.n for what a step with state emits',
  },
  { name: 'event_source', type: 'string', comment: 'Source of the event; source and id together are unique' },
  { name: 'event_time', type: 'timestamp', comment: 'When the event happened, UTC' },
  { name: 'shard_id', type: 'string', comment: 'Shard of the stream that the record was read from' },
  { name: 'sequence_number', type: 'string', comment: 'Sequence number of the record in its shard' },
]);

/** The table of a lake whose rows follow `schema`.
 *  @throws PipelineError naming the table when a field cannot be a column. */
export function tableOf(target: Lake, schema: ObjectSchema): LakeTable {
  try {
    const columns = Object.freeze([...ORIGIN_COLUMNS, ...columnsOf(schema)]);
    return Object.freeze({ name: target.name, description: target.description, columns, partition: target.partition });
  } catch (error) {
    if (error instanceof ColumnError) throw new PipelineError(target.name, error.message, 'a schema a table can hold');
    throw error;
  }
}
