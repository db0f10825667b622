import { Aws } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import { partitionLayout } from '../catalog/partition.ts';
import { rowsTableName } from '../names.ts';
import { glueColumn, glueColumns } from './glue-table.ts';
import type { Lake } from './lake.ts';

export interface CatalogEntryProps {
  readonly lake: Lake;
  readonly table: LakeTable;
}

/** The Glue table over a table's Parquet files. It is Firehose's schema too, and holds each copy of a row; people read
 *  the view in front of it. */
export class RowsTable extends Construct {
  readonly table: CfnTable;
  readonly tableName: string;

  constructor(scope: Construct, id: string, { lake, table }: CatalogEntryProps) {
    super(scope, id);
    const { column, folder, projection } = partitionLayout(table);
    const location = `s3://${lake.bucket.bucket.bucketName}/${folder}`;
    this.tableName = rowsTableName(table.name);
    this.table = new CfnTable(this, 'Resource', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: lake.databaseName,
      tableInput: {
        name: this.tableName,
        description: `Rows of ${table.name} as delivered, copies among them; read the view ${table.name} instead`,
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'parquet',
          ...projection,
          'storage.location.template': `${location}${column.name}=\${${column.name}}/`,
        },
        partitionKeys: [glueColumn(column, table.name)],
        storageDescriptor: {
          columns: glueColumns(table),
          location,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: {
            serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
            parameters: { 'serialization.format': '1' },
          },
        },
      },
    });
  }
}
