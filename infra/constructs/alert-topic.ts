import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type CfnTopic, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { topicName } from '../names.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export interface AlertTopicProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  /** Id of the alert. */
  readonly alert: string;
  /** Where alarms go. */
  readonly topic: ITopic;
}

/** The topic of one of a pipeline's alerts: who subscribes to it is told. */
export class AlertTopic extends Construct {
  readonly alert: string;
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { config, pipeline, alert, topic }: AlertTopicProps) {
    super(scope, id);
    this.alert = alert;
    const name = topicName(config.stage, pipeline, alert);
    this.topic = new Topic(this, 'Topic', {
      topicName: name,
      displayName: `Millrace ${config.stage}`,
      enforceSSL: true,
    });
    // The key that AWS manages costs nothing, and its policy lets whoever may publish here use it.
    (this.topic.node.defaultChild as CfnTopic).kmsMasterKeyId = 'alias/aws/sns';
    if (config.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
    new OperatorAlarm(this, 'Undelivered', {
      topic,
      name: `${name}-undelivered`,
      metric: this.topic.metricNumberOfNotificationsFailed({ statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
      meaning: `SNS could not hand an alert of ${alert} to one who has subscribed to it.`,
      runbook: 'undelivered',
    });
  }

  grantPublish(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['sns:Publish'], resourceArns: [this.topic.topicArn] });
  }
}
