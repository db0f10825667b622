import { Duration } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { viewTableName } from '../names.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { removalPolicy } from './removal.ts';

export interface ViewTableProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  /** Id of the view. */
  readonly view: string;
  readonly topic: ITopic;
}

/** The table of one of a pipeline's views: an item for each key, to be read while the stream goes on. */
export class ViewTable extends Construct {
  readonly view: string;
  readonly table: Table;

  constructor(scope: Construct, id: string, { config, pipeline, view, topic }: ViewTableProps) {
    super(scope, id);
    this.view = view;
    const tableName = viewTableName(config.stage, pipeline, view);
    this.table = new Table(this, 'Table', {
      tableName,
      partitionKey: { name: 'key', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: config.removal === 'retain',
      removalPolicy: removalPolicy(config),
    });
    new OperatorAlarm(this, 'Throttled', {
      topic,
      name: `${tableName}-throttled`,
      metric: this.table.metric('WriteThrottleEvents', { statistic: 'Sum', period: Duration.minutes(1) }),
      threshold: 1,
      datapoints: { breaching: 3, of: 5 },
      meaning: `DynamoDB turns rows of the view ${view} away, and the batches they are of come again.`,
      runbook: 'view-throttled',
    });
  }

  /** Lets `grantee` put rows; nobody else does, and nobody deletes them. */
  grantPut(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['dynamodb:PutItem'], resourceArns: [this.table.tableArn] });
  }
}
