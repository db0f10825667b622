import { createHash } from 'node:crypto';

interface NameRule {
  /** Property that holds the name. */
  readonly property: string;
  /** Longest name the service takes. */
  readonly max: number;
  readonly lowerCase?: boolean;
}

/** Types whose resources have a name; lengths are the limits of each service's API. */
const NAMES: Readonly<Record<string, NameRule>> = {
  'AWS::Athena::NamedQuery': { property: 'Name', max: 128 },
  'AWS::Athena::WorkGroup': { property: 'Name', max: 128 },
  'AWS::CloudWatch::Alarm': { property: 'AlarmName', max: 255 },
  'AWS::CloudWatch::Dashboard': { property: 'DashboardName', max: 255 },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', max: 255 },
  'AWS::DynamoDB::Table': { property: 'TableName', max: 255 },
  'AWS::Events::Rule': { property: 'Name', max: 64 },
  'AWS::IAM::Role': { property: 'RoleName', max: 64 },
  'AWS::Kinesis::Stream': { property: 'Name', max: 128 },
  'AWS::KinesisFirehose::DeliveryStream': { property: 'DeliveryStreamName', max: 64 },
  'AWS::Lambda::Function': { property: 'FunctionName', max: 64 },
  'AWS::Logs::LogGroup': { property: 'LogGroupName', max: 512 },
  'AWS::S3::Bucket': { property: 'BucketName', max: 63, lowerCase: true },
  'AWS::Scheduler::Schedule': { property: 'Name', max: 64 },
  'AWS::SNS::Topic': { property: 'TopicName', max: 256 },
  'AWS::SQS::Queue': { property: 'QueueName', max: 80 },
};

const HASH_DIGITS = 12;

/** Property that names resources of this type; undefined for types that have no name. */
export const nameProperty = (type: string): string | undefined => NAMES[type]?.property;

/** The name CloudFormation would invent: stack, logical id and a hash of both, the same in every run. */
export function physicalName(type: string, stack: string, logicalId: string): string {
  const { max, lowerCase } = NAMES[type] ?? { max: 255 };
  const hash = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, HASH_DIGITS);
  const name = `${`${stack}-${logicalId}`.slice(0, max - HASH_DIGITS - 1)}-${hash}`;
  return lowerCase ? name.toLowerCase() : name;
}
