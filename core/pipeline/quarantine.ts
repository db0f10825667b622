import type { Column } from '../event/columns.ts';
import { ORIGIN_COLUMNS } from './lake.ts';
import type { LakeTable } from './plan.ts';

const column = (name: string, type: string, comment: string): Column => ({ name, type, comment });

/** What could not be processed, whole, with its reason; shared by all pipelines of a stage. Here `event_id` is the
 *  record's position, `event_source` the pipeline and `event_time` the arrival, since the event itself may be unreadable. */
export const quarantineTable: LakeTable = Object.freeze({
  name: 'quarantine',
  description: 'Records that could not be processed: reason, step, position and original bytes',
  columns: Object.freeze([
    ...ORIGIN_COLUMNS,
    column('sub_sequence', 'int', 'Index of the record in its KPL aggregate, 0 without one'),
    column('pipeline', 'string', 'Pipeline that refused the record'),
    column('step', 'string', 'Step that refused it'),
    column('reason', 'string', 'Class of the failure, e.g. not-json or schema'),
    column('found', 'string', 'What the step found'),
    column('expected', 'string', 'What it expected'),
    column('partition_key', 'string', 'Partition key of the record'),
    column('payload', 'string', 'Original bytes in base64; null when they are too large for a row'),
    column('payload_location', 'string', 'S3 address of the original bytes when they are too large for a row'),
    column('payload_bytes', 'bigint', 'Number of original bytes'),
  ]),
  partition: Object.freeze({ by: 'delivery-hour' }),
});
