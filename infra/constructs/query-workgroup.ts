import { Aws } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import type { SavedQuery } from '../../core/pipeline/plan.ts';
import type { StageConfig } from '../config.ts';
import { workgroupName } from '../names.ts';
import type { LakeBucket } from './lake-bucket.ts';

export interface QueryWorkgroupProps {
  readonly config: StageConfig;
  readonly bucket: LakeBucket;
}

/** The Athena workgroup of a stage. Its settings win over the clients': where results go and how much a query reads. */
export class QueryWorkgroup extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, { config, bucket }: QueryWorkgroupProps) {
    super(scope, id);
    const workgroup = new CfnWorkGroup(this, 'Resource', {
      name: workgroupName(config.stage),
      description: `Queries of Millrace's lake, stage ${config.stage}`,
      state: 'ENABLED',
      recursiveDeleteOption: config.removal === 'destroy',
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        requesterPaysEnabled: false,
        bytesScannedCutoffPerQuery: config.queryLimitGigabytes * 1e9,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: bucket.resultsLocation,
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    this.name = workgroup.ref;
  }
}

export interface SavedQueriesProps {
  readonly workgroup: QueryWorkgroup;
  /** Reference to the database whose views the queries name. */
  readonly databaseName: string;
  /** Stands before each query's name: `<group>/<query>`. */
  readonly group: string;
  readonly queries: readonly SavedQuery[];
}

/** Queries kept in the workgroup, as `<group>/<query>`. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { workgroup, databaseName, group, queries }: SavedQueriesProps) {
    super(scope, id);
    for (const { name, description, sql } of queries) {
      new CfnNamedQuery(this, name, {
        name: `${group}/${name}`,
        description,
        database: databaseName,
        workGroup: workgroup.name,
        queryString: `${sql.trim()}\n`,
      });
    }
  }
}
