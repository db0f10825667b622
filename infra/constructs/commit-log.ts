import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { logTableName } from '../names.ts';
import { removalPolicy } from './removal.ts';

export interface CommitLogProps {
  readonly config: StageConfig;
  readonly pipeline: string;
}

/** A pipeline's commit log: one item for each batch, under its part, shard and slot. */
export class CommitLog extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { config, pipeline }: CommitLogProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName: logTableName(config.stage, pipeline),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.NUMBER },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: config.removal === 'retain',
      removalPolicy: removalPolicy(config),
    });
  }

  /** Lets `grantee` append entries and read the tail; nobody changes or deletes an entry. */
  grantCommit(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resourceArns: [this.table.tableArn],
    });
  }
}
