import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { removalPolicy } from './removal.ts';

/** The one topic to which all alarms of a stage go. */
export class OperatorTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { config }: { readonly config: StageConfig }) {
    super(scope, id);
    // CloudWatch cannot use the key that AWS manages for SNS: its policy is not ours to open to alarms.
    const key = new Key(this, 'Key', {
      description: `Encrypts the alarms of stage ${config.stage}`,
      enableKeyRotation: true,
      removalPolicy: removalPolicy(config),
    });
    key.addToResourcePolicy(fromAlarms(['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
    this.topic = new Topic(this, 'Topic', {
      topicName: resourceName(config.stage, 'alarms'),
      displayName: `Millrace ${config.stage}`,
      masterKey: key,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(fromAlarms(['sns:Publish'], this.topic.topicArn));
    if (config.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
  }
}

function fromAlarms(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions,
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}
