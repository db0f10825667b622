import { Aws } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RECORDS } from '../../core/archive/object.ts';
import { projectedDates } from '../catalog/partition.ts';
import { ARCHIVE_TABLE } from '../names.ts';
import type { Lake } from './lake.ts';

export interface ArchiveTableProps {
  readonly bucket: IBucket;
  readonly lake: Lake;
}

/** The first day that can have been archived; no Millrace ran before. */
const FIRST_DAY = '2026-01-01';

const COLUMNS = [
  { name: 'shardid', type: 'string', comment: 'Shard of the stream' },
  { name: 'sequencenumber', type: 'string', comment: 'Sequence number in the shard' },
  { name: 'partitionkey', type: 'string', comment: 'Partition key it was put under' },
  { name: 'arrivalms', type: 'bigint', comment: 'Arrival at the stream, in milliseconds since 1970' },
  { name: 'data', type: 'string', comment: 'The record, base64: from_utf8(from_base64(data)) shows it' },
];

/** The Glue table over the archive. */
export class ArchiveTable extends Construct {
  constructor(scope: Construct, id: string, { bucket, lake }: ArchiveTableProps) {
    super(scope, id);
    const location = `s3://${bucket.bucketName}/${RECORDS}`;
    new CfnTable(this, 'Resource', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: lake.databaseName,
      tableInput: {
        name: ARCHIVE_TABLE,
        description: 'Every record of the stream, as it came and once; heartbeats among them',
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'json',
          ...projectedDates('dt', 'yyyy-MM-dd', `${FIRST_DAY},NOW`, 'DAYS'),
          'storage.location.template': `${location}dt=\${dt}/`,
        },
        partitionKeys: [{ name: 'dt', type: 'string', comment: 'UTC day on which the object of the record begins' }],
        storageDescriptor: {
          columns: COLUMNS,
          location,
          inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          serdeInfo: { serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
        },
      },
    });
  }
}
