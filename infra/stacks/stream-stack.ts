import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { EventStream } from '../constructs/event-stream.ts';
import { Heartbeat } from '../constructs/heartbeat.ts';
import { OperatorTopic } from '../constructs/operator-topic.ts';
import { eventStreamName, resourceName } from '../names.ts';

/** Where events come in, what moves their time on, and where alarms go out. */
export class StreamStack extends Stack {
  readonly source: EventStream;
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { config }: { readonly config: StageConfig }) {
    super(scope, id, { description: `Millrace ${config.stage}: the stream of events` });
    this.topic = new OperatorTopic(this, 'Operator', { config }).topic;
    this.source = new EventStream(this, 'Events', {
      config,
      topic: this.topic,
      name: eventStreamName(config.stage),
      alarm: resourceName(config.stage, 'stream-writes-throttled'),
    });
    new Heartbeat(this, 'Heartbeat', { config, source: this.source, topic: this.topic });
    const { stream } = this.source;
    new CfnOutput(this, 'StreamName', { value: stream.streamName, description: 'Kinesis stream to put events to' });
    new CfnOutput(this, 'StreamArn', { value: stream.streamArn, description: 'ARN of the stream, for policies' });
    new CfnOutput(this, 'AlarmTopicArn', { value: this.topic.topicArn, description: 'SNS topic of the alarms' });
  }
}
