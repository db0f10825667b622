import { LOCAL_ACCOUNT, LOCAL_REGION, type Resource } from '../service.ts';
import type { Need } from './requests.ts';

/** What a call on a resource that a customer's key encrypts needs of that key as well. Sources: "Permissions to use
 *  user-generated KMS keys" (Kinesis), "How DynamoDB uses AWS KMS", "Key management" (SNS, SQS), "Using server-side
 *  encryption with AWS KMS keys" (S3), each in the service's developer guide. */
const KMS_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:BatchGetItem': ['Decrypt'],
  'dynamodb:BatchWriteItem': ['Decrypt'],
  'dynamodb:ConditionCheckItem': ['Decrypt'],
  'dynamodb:DeleteItem': ['Decrypt'],
  'dynamodb:GetItem': ['Decrypt'],
  'dynamodb:PutItem': ['Decrypt'],
  'dynamodb:Query': ['Decrypt'],
  'dynamodb:Scan': ['Decrypt'],
  'dynamodb:UpdateItem': ['Decrypt'],
  'kinesis:GetRecords': ['Decrypt'],
  'kinesis:PutRecord': ['GenerateDataKey'],
  'kinesis:PutRecords': ['GenerateDataKey'],
  'kinesis:SubscribeToShard': ['Decrypt'],
  's3:GetObject': ['Decrypt'],
  's3:PutObject': ['GenerateDataKey'],
  'sns:Publish': ['GenerateDataKey', 'Decrypt'],
  'sqs:ReceiveMessage': ['Decrypt'],
  'sqs:SendMessage': ['GenerateDataKey', 'Decrypt'],
};

/** What a call needs of the key that encrypts what it is about. */
export function kmsNeeds({ action }: Need, keyArn: string): readonly Need[] {
  const [service] = action.split(':', 1);
  const values = {
    'aws:viaawsservice': ['true'],
    'kms:calleraccount': [LOCAL_ACCOUNT],
    'kms:viaservice': [`${service}.${LOCAL_REGION}.amazonaws.com`],
  };
  const actions = Object.hasOwn(KMS_ACTIONS, action) ? KMS_ACTIONS[action] : undefined;
  return (actions ?? []).map((each) => ({ action: `kms:${each}`, resource: keyArn, values }));
}

type Given = Resource['properties'];

const KEYS: Readonly<Record<string, (given: Given) => unknown>> = {
  'AWS::DynamoDB::GlobalTable': ({ SSESpecification: sse, Replicas }) =>
    sse?.SSEEnabled && Replicas?.[0]?.SSESpecification?.KMSMasterKeyId,
  'AWS::DynamoDB::Table': ({ SSESpecification: sse }) => sse?.SSEEnabled && sse.KMSMasterKeyId,
  'AWS::Kinesis::Stream': ({ StreamEncryption }) => StreamEncryption?.KeyId,
  'AWS::S3::Bucket': ({ BucketEncryption }) => {
    const [rule] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    return rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
  },
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId,
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => KmsMasterKeyId,
};

const ARNS: Readonly<Record<string, (given: Given) => string>> = {
  'AWS::DynamoDB::GlobalTable': ({ TableName }) => regional('dynamodb', `table/${TableName}`),
  'AWS::DynamoDB::Table': ({ TableName }) => regional('dynamodb', `table/${TableName}`),
  'AWS::Kinesis::Stream': ({ Name }) => regional('kinesis', `stream/${Name}`),
  'AWS::S3::Bucket': ({ BucketName }) => `arn:aws:s3:::${BucketName}`,
  'AWS::SNS::Topic': ({ TopicName }) => regional('sns', String(TopicName)),
  'AWS::SQS::Queue': ({ QueueName }) => regional('sqs', String(QueueName)),
};

const regional = (service: string, rest: string) => `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;

/** ARN of a resource and the key that encrypts it, as the template names it; undefined for one that AWS's own keys
 *  encrypt: whoever may use the resource may use those. */
export function encryptionOf({
  type,
  properties,
}: Resource): { readonly arn: string; readonly key: string } | undefined {
  const key = KEYS[type]?.(properties);
  if (!key || /(^|:)alias\/aws\//.test(String(key))) return undefined;
  return { arn: ARNS[type]?.(properties) ?? '', key: String(key) };
}
