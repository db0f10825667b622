import type { Column } from '../../core/event/columns.ts';
import type { LakeTable } from '../../core/pipeline/plan.ts';

/** How a table's folders are named by Firehose and found by Athena. */
export interface PartitionLayout {
  readonly column: Column;
  /** Folder of the rows in the bucket, ending in `/`. */
  readonly folder: string;
  /** Firehose's `Prefix`. */
  readonly prefix: string;
  /** Firehose's `ErrorOutputPrefix`. */
  readonly errorPrefix: string;
  /** Glue table properties by which Athena projects the partitions, but for the storage location. */
  readonly projection: Readonly<Record<string, string>>;
  /** jq program whose result holds the partition column, when Firehose has to look into the rows. */
  readonly query: string | undefined;
}

/** The first hour that can have been delivered; no Millrace ran before. */
const FIRST_DELIVERY_HOUR = '2026-01-01-00';

/** An event may be dated ahead of its arrival by a day, and the day of the query is UTC's. */
const DAYS_AHEAD = 2;

/** Folder of what Firehose could not deliver as rows. */
export const errorFolder = ({ name }: LakeTable): string => `errors/${name}/`;

export function partitionLayout(table: LakeTable): PartitionLayout {
  const { name, partition } = table;
  const folder = `tables/${name}/`;
  const errorPrefix = `${errorFolder(table)}!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/`;
  if (partition.by === 'event-day') {
    return {
      column: { name: 'event_day', type: 'string', comment: 'UTC day of the event, yyyy-MM-dd' },
      folder,
      prefix: `${folder}event_day=!{partitionKeyFromQuery:event_day}/`,
      errorPrefix,
      projection: projectedDates('event_day', 'yyyy-MM-dd', `${partition.since},NOW+${DAYS_AHEAD}DAYS`, 'DAYS'),
      query: '{event_day: .event_time[0:10]}',
    };
  }
  return {
    column: { name: 'delivery_hour', type: 'string', comment: 'UTC hour of delivery, yyyy-MM-dd-HH' },
    folder,
    prefix: `${folder}delivery_hour=!{timestamp:yyyy-MM-dd-HH}/`,
    errorPrefix,
    projection: projectedDates('delivery_hour', 'yyyy-MM-dd-HH', `${FIRST_DELIVERY_HOUR},NOW`, 'HOURS'),
    query: undefined,
  };
}

/** Glue table properties by which Athena projects a partition of dates. */
export function projectedDates(
  column: string,
  format: string,
  range: string,
  unit: 'DAYS' | 'HOURS',
): Record<string, string> {
  return {
    'projection.enabled': 'true',
    [`projection.${column}.type`]: 'date',
    [`projection.${column}.format`]: format,
    [`projection.${column}.range`]: range,
    [`projection.${column}.interval`]: '1',
    [`projection.${column}.interval.unit`]: unit,
  };
}
