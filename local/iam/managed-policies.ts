const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const allow = (Action: readonly string[]) => ({ Effect: 'Allow', Action, Resource: '*' });

/** Policies that AWS manages, by the end of their ARN, as far as they are known here.
 *  Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ */
const STATEMENTS: Readonly<Record<string, readonly object[]>> = {
  AmazonKinesisFullAccess: [allow(['kinesis:*'])],
  'service-role/AWSLambdaBasicExecutionRole': [allow(LOGS)],
  'service-role/AWSLambdaDynamoDBExecutionRole': [
    allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams']),
    allow(LOGS),
  ],
  'service-role/AWSLambdaKinesisExecutionRole': [
    allow([
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'kinesis:ListStreams',
      'kinesis:SubscribeToShard',
    ]),
    allow(LOGS),
  ],
  'service-role/AWSLambdaRole': [allow(['lambda:InvokeFunction'])],
  'service-role/AWSLambdaSQSQueueExecutionRole': [
    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']),
    allow(LOGS),
  ],
};

/** The document of a policy that AWS manages; undefined for one that is not known here. */
export function managedPolicy(arn: string): object | undefined {
  const [, name = ''] = /^arn:aws:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  const Statement = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
  return Statement && { Version: '2012-10-17', Statement };
}

export const MANAGED_POLICIES: readonly string[] = Object.keys(STATEMENTS);
