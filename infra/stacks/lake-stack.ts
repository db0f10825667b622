import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import { quarantineQueries } from '../catalog/queries.ts';
import type { StageConfig } from '../config.ts';
import { DeliveredTable } from '../constructs/delivered-table.ts';
import { Lake } from '../constructs/lake.ts';
import { SavedQueries } from '../constructs/query-workgroup.ts';

export interface LakeStackProps {
  readonly config: StageConfig;
  readonly topic: ITopic;
  /** The table of what could not be processed, shared by all pipelines. */
  readonly quarantine: LakeTable;
}

/** The lake that all pipelines deliver to, and the quarantine they share. */
export class LakeStack extends Stack {
  readonly lake: Lake;
  readonly quarantine: DeliveredTable;

  constructor(scope: Construct, id: string, { config, topic, quarantine }: LakeStackProps) {
    super(scope, id, { description: `Millrace ${config.stage}: the lake` });
    const lake = new Lake(this, 'Lake', { config });
    this.lake = lake;
    this.quarantine = new DeliveredTable(this, 'Quarantine', { config, lake, topic, table: quarantine });
    new SavedQueries(this, 'OperatorQueries', {
      workgroup: lake.workgroup,
      databaseName: lake.databaseName,
      group: 'operator',
      queries: quarantineQueries,
    });
    new CfnOutput(this, 'BucketName', { value: lake.bucket.bucket.bucketName, description: 'Bucket of the lake' });
    new CfnOutput(this, 'DatabaseName', { value: lake.databaseName, description: 'Glue database of the views' });
    new CfnOutput(this, 'WorkgroupName', { value: lake.workgroup.name, description: 'Athena workgroup to query in' });
  }
}
