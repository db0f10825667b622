import type { IncomingMessage } from 'node:http';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../service.ts';
import { decodeCbor } from '../services/cloudwatch/cbor.ts';
import { ServiceError } from '../services/json-api.ts';
import type { Variables } from './patterns.ts';
import { s3Needs } from './s3-requests.ts';

/** An action that a request needs, on one resource. */
export interface Need {
  /** Such as `kinesis:PutRecords`. */
  readonly action: string;
  /** An ARN, or `*` for an action that is about none. */
  readonly resource: string;
  /** Values of the service's own condition keys. */
  readonly values?: Variables;
}

export type Asked = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

// biome-ignore lint/suspicious/noExplicitAny: each operation has its own input
type Input = Record<string, any>;
type NeedsOf = (operation: string, input: Input) => readonly Need[];

const arn = (service: string, resource: string) => `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${resource}`;
const need = (action: string, resource: string | undefined): Need => ({ action, resource: resource ?? '*' });
/** A name that may be given as an ARN. */
const named = (name: unknown, make: (name: string) => string): string =>
  String(name).startsWith('arn:') ? String(name) : make(String(name));

/** What a token of ours holds: iterators and pages of Kinesis tell by it which stream they are of. */
function streamOf(token: unknown): string | undefined {
  try {
    return JSON.parse(Buffer.from(String(token), 'base64').toString('utf8')).stream;
  } catch {
    // None of ours: Kinesis says so.
    return undefined;
  }
}

const kinesisNeeds: NeedsOf = (operation, input) => {
  const { StreamARN, StreamName, ConsumerARN, ResourceARN, ShardIterator, NextToken } = input;
  const stream = StreamName ?? streamOf(ShardIterator ?? NextToken);
  const given = ConsumerARN ?? StreamARN ?? ResourceARN ?? input.StreamId;
  return [need(`kinesis:${operation}`, given ?? (stream && arn('kinesis', `stream/${stream}`)))];
};

const firehoseNeeds: NeedsOf = (operation, { DeliveryStreamName: name }) => [
  need(`firehose:${operation}`, name && arn('firehose', `deliverystream/${name}`)),
];

const tableArn = (name: unknown) => named(name, (table) => arn('dynamodb', `table/${table}`));

/** Reads of an index are actions on the index. */
function tableNeed(operation: string, { TableName, IndexName }: Input): Need {
  const table = TableName && tableArn(TableName);
  return need(`dynamodb:${operation}`, IndexName ? `${table}/index/${IndexName}` : table);
}

const TRANSACTED: Readonly<Record<string, string>> = {
  ConditionCheck: 'ConditionCheckItem',
  Delete: 'DeleteItem',
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
};

const dynamoNeeds: NeedsOf = (operation, input) => {
  const { RequestItems, TransactItems } = input;
  if (RequestItems) return Object.keys(RequestItems).map((TableName) => tableNeed(operation, { TableName }));
  if (TransactItems) {
    return (TransactItems as readonly Input[]).flatMap((item) =>
      Object.entries(item).map(([kind, inner]) => tableNeed(TRANSACTED[kind] ?? kind, inner)),
    );
  }
  return [tableNeed(operation, input)];
};

/** Glue asks for the permission on what is above a resource as well
 *  (https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html). */
const glueNeeds: NeedsOf = (operation, { DatabaseName, Name, TableName }) => {
  const isDatabase = /Database/.test(operation);
  const database = DatabaseName ?? (isDatabase ? Name : undefined);
  const table = TableName ?? (isDatabase ? undefined : Name);
  const resources = [
    'catalog',
    ...(database ? [`database/${database}`] : []),
    ...(table ? [`table/${database}/${table}`] : []),
  ];
  return resources.map((resource) => need(`glue:${operation}`, arn('glue', resource)));
};

const athenaNeeds: NeedsOf = (operation, { WorkGroup = 'primary' }) => [
  need(`athena:${operation}`, arn('athena', `workgroup/${WorkGroup}`)),
];

const logsNeeds: NeedsOf = (operation, { logGroupName, logStreamName }) => {
  const group = logGroupName && arn('logs', `log-group:${logGroupName}`);
  return [need(`logs:${operation}`, group && `${group}:log-stream:${logStreamName ?? ''}`)];
};

const cloudWatchNeeds: NeedsOf = (operation, { Namespace }) => [
  {
    ...need(`cloudwatch:${operation}`, '*'),
    ...(Namespace && { values: { 'cloudwatch:namespace': [String(Namespace)] } }),
  },
];

const snsNeeds: NeedsOf = (operation, input) => [
  need(`sns:${operation.replace(/^PublishBatch$/, 'Publish')}`, input.TopicArn ?? input.TargetArn),
];

/** Batches need the permission of the single call. */
const sqsNeeds: NeedsOf = (operation, { QueueUrl, QueueName }) => {
  const name = QueueName ?? (QueueUrl && String(QueueUrl).split('/').at(-1));
  const action = operation.replace(/^(SendMessage|DeleteMessage|ChangeMessageVisibility)Batch$/, '$1');
  return [need(`sqs:${action}`, name && arn('sqs', name))];
};

const cloudFormationNeeds: NeedsOf = (operation, { StackName }) => [
  need(
    `cloudformation:${operation}`,
    StackName && named(StackName, (name) => arn('cloudformation', `stack/${name}/*`)),
  ),
];

/** Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const stsNeeds: NeedsOf = (operation) => (operation === 'GetCallerIdentity' ? [] : [need(`sts:${operation}`, '*')]);

const NEEDS: Readonly<Record<string, NeedsOf>> = {
  athena: athenaNeeds,
  cloudformation: cloudFormationNeeds,
  dynamodb: dynamoNeeds,
  firehose: firehoseNeeds,
  glue: glueNeeds,
  kinesis: kinesisNeeds,
  logs: logsNeeds,
  monitoring: cloudWatchNeeds,
  sns: snsNeeds,
  sqs: sqsNeeds,
  sts: stsNeeds,
};

/** What a request needs permission for, by the Service Authorization Reference
 *  (https://docs.aws.amazon.com/service-authorization/latest/reference/).
 *  @param scope name of the service in the signature.
 *  @throws ServiceError when that cannot be told: nothing is let through unseen. */
export function needsOf(scope: string, asked: Asked, body: Buffer): readonly Need[] {
  if (scope === 's3') return s3Needs(asked, body);
  if (scope === 'lambda') return [lambdaNeed(asked)];
  const needs = NEEDS[scope];
  if (!needs) throw untold(`a call of ${scope}`);
  const { operation, input } = operationOf(asked, body);
  if (!operation) throw untold(`a call of ${scope} without an operation`);
  return needs(operation, input);
}

const untold = (what: string) =>
  new ServiceError('AccessDeniedException', `It is not known here which permission ${what} needs`, 403);

const CBOR_PATH = /^\/service\/[^/]+\/operation\/([^/?]+)/;

/** Of the JSON protocols by the target, of CBOR by the path, of the Query protocol by the form. */
function operationOf({ headers, url = '' }: Asked, body: Buffer): { operation: string | undefined; input: Input } {
  const target = headers['x-amz-target'];
  if (target !== undefined)
    return { operation: String(target).split('.').at(-1), input: inputOf(() => JSON.parse(body.toString('utf8'))) };
  const [, operation] = CBOR_PATH.exec(url) ?? [];
  if (operation !== undefined) return { operation, input: inputOf(() => decodeCbor(body)) };
  const form = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return { operation: form.Action, input: form };
}

function inputOf(decode: () => unknown): Input {
  try {
    return (decode() as Input | null) ?? {};
  } catch {
    // The service says so.
    return {};
  }
}

const INVOKE = /^\/2015-03-31\/functions\/([^/?]+)\/invocations/;

function lambdaNeed({ url = '', method }: Asked): Need {
  const [, encoded] = INVOKE.exec(url) ?? [];
  if (encoded === undefined) throw untold(`${method} ${url.split('?', 1)[0]} of lambda`);
  const name = decodeURIComponent(encoded);
  const qualifier = new URLSearchParams(url.split('?', 2)[1]).get('Qualifier');
  const function_ = named(name, (given) => arn('lambda', `function:${given}`));
  return need('lambda:InvokeFunction', qualifier ? `${function_}:${qualifier}` : function_);
}
