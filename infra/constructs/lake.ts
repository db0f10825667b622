import { Aws } from 'aws-cdk-lib';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { databaseName } from '../names.ts';
import { LakeBucket } from './lake-bucket.ts';
import { QueryWorkgroup } from './query-workgroup.ts';

/** What all tables of a stage share: bucket, database and workgroup. */
export class Lake extends Construct {
  readonly bucket: LakeBucket;
  /** Reference to the database, which makes who uses it wait for it. */
  readonly databaseName: string;
  /** The database's name itself. */
  readonly databaseNameText: string;
  readonly workgroup: QueryWorkgroup;

  constructor(scope: Construct, id: string, { config }: { readonly config: StageConfig }) {
    super(scope, id);
    this.bucket = new LakeBucket(this, 'Files', { config });
    this.databaseNameText = databaseName(config.stage);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: {
        name: this.databaseNameText,
        description: `Millrace's lake, stage ${config.stage}: views, and the tables of rows behind them`,
      },
    });
    this.databaseName = database.ref;
    this.workgroup = new QueryWorkgroup(this, 'Workgroup', { config, bucket: this.bucket });
  }
}
