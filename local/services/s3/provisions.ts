import { LOCAL_ACCOUNT, LOCAL_REGION, type LocalService, type Provisioned, type Resource } from '../../service.ts';
import { physicalName } from '../../template/names.ts';
import type { Fauxqs } from './fauxqs.ts';

/** Attributes of a queue that a template gives under the same name. */
const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
];

const generatedName = ({ type, stack, logicalId }: Resource) => physicalName(type, stack, logicalId);

function provisionBucket({ s3Store }: Fauxqs, resource: Resource): Provisioned {
  const name: string = resource.properties.BucketName ?? generatedName(resource);
  s3Store.createBucket(name);
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${LOCAL_REGION}.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${LOCAL_REGION}.amazonaws.com`,
      WebsiteURL: `http://${name}.s3-website-${LOCAL_REGION}.amazonaws.com`,
    },
  };
}

function provisionTopic({ snsStore }: Fauxqs, resource: Resource): Provisioned {
  const name: string = resource.properties.TopicName ?? generatedName(resource);
  const { arn } = snsStore.createTopic(name, undefined, undefined, LOCAL_REGION);
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
}

function provisionSubscription({ snsStore }: Fauxqs, { logicalId, properties }: Resource): Provisioned {
  const made = snsStore.subscribe(properties.TopicArn, properties.Protocol, properties.Endpoint);
  if (!made) throw new Error(`${logicalId}: there is no topic ${properties.TopicArn}`);
  return { ref: made.arn, attributes: {} };
}

/** A queue that is there already keeps its messages. */
function provisionQueue({ sqsStore }: Fauxqs, resource: Resource): Provisioned {
  const { properties } = resource;
  const name: string = properties.QueueName ?? generatedName(resource);
  const arn = `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${name}`;
  const given = QUEUE_ATTRIBUTES.filter((attribute) => properties[attribute] !== undefined);
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  const attributes = Object.fromEntries(given.map((attribute) => [attribute, text(properties[attribute])]));
  const queue = sqsStore.getQueueByArn(arn) ?? sqsStore.createQueue(name, '', arn, attributes);
  return { ref: queue.url, attributes: { Arn: arn, QueueName: name, QueueUrl: queue.url } };
}

export function provisionsOf(fauxqs: Fauxqs): LocalService['provisions'] {
  return {
    'AWS::S3::Bucket': (resource) => provisionBucket(fauxqs, resource),
    'AWS::SNS::Subscription': (resource) => provisionSubscription(fauxqs, resource),
    'AWS::SNS::Topic': (resource) => provisionTopic(fauxqs, resource),
    'AWS::SQS::Queue': (resource) => provisionQueue(fauxqs, resource),
  };
}
