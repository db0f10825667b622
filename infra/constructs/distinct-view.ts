import { Aws } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { partitionLayout } from '../catalog/partition.ts';
import { viewText } from '../catalog/view.ts';
import { glueColumn, glueColumns } from './glue-table.ts';
import type { CatalogEntryProps } from './rows-table.ts';

/** The Athena view of a table: each event once. */
export class DistinctView extends Construct {
  constructor(scope: Construct, id: string, { lake, table }: CatalogEntryProps) {
    super(scope, id);
    new CfnTable(this, 'Resource', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: lake.databaseName,
      tableInput: {
        name: table.name,
        description: table.description,
        tableType: 'VIRTUAL_VIEW',
        partitionKeys: [],
        parameters: { presto_view: 'true', comment: 'Presto View' },
        // The text names its database by value: base64 holds no reference that CloudFormation could resolve.
        viewOriginalText: viewText(table, lake.databaseNameText),
        viewExpandedText: '/* Presto View */',
        storageDescriptor: {
          columns: [...glueColumns(table), glueColumn(partitionLayout(table).column, table.name)],
          serdeInfo: {},
        },
      },
    });
  }
}
