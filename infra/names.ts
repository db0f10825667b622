import { ConfigError } from './config.ts';
import {
  DELIVERY_STREAM_NAME_MAX,
  DYNAMO_TABLE_NAME_MAX,
  LAMBDA_NAME_MAX,
  STREAM_NAME_MAX,
  TOPIC_NAME_MAX,
} from './limits.ts';

/** Names of what a stage consists of. They are fixed, not generated: producers, queries and runbooks can name things,
 *  and `cdk deploy --import-existing-resources` can adopt what a removed stack has left behind. */

/** CloudWatch namespace of the metrics that the functions emit; their dimension `service` is the pipeline. */
export const METRIC_NAMESPACE = 'Millrace';

/** Epoch of the pipelines' results: part of the commit log's key. */
export const EPOCH = 'v1';

export const resourceName = (stage: string, part: string): string => `millrace-${stage}-${part}`;

export const databaseName = (stage: string): string => `millrace_${stage}`;

export const workgroupName = (stage: string): string => `millrace-${stage}`;

/** Name of the Glue table whose rows a table's view reads. */
export const rowsTableName = (table: string): string => `${table}_rows`;

/** @throws ConfigError when Lambda cannot have a function of that name. */
export function functionName(stage: string, pipeline: string): string {
  return checked(resourceName(stage, pipeline), LAMBDA_NAME_MAX, 'a shorter stage or pipeline name: Lambda takes');
}

/** Name of all that gives the shards their heartbeat, and dimension `service` of its metric `Heartbeats`: the function's
 *  name, since stages of one account share the namespace. */
export const heartbeatName = (stage: string): string => resourceName(stage, 'heartbeat');

/** Name of all that archives the stream, and dimension `service` of its metric `ArchivedRecords`. */
export const archiveName = (stage: string): string => resourceName(stage, 'archive');

/** Name of the Glue table over the archive. */
export const ARCHIVE_TABLE = 'archived_records';

/** Name of a table's delivery stream; tables that no one pipeline owns leave `pipeline` out.
 *  @throws ConfigError when Firehose cannot have a stream of that name. */
export function deliveryStreamName(stage: string, table: string, pipeline?: string): string {
  const part = [pipeline, table.replaceAll('_', '-')].filter((each) => each !== undefined).join('-');
  const expected = 'a shorter stage, pipeline or table name: Firehose takes';
  return checked(resourceName(stage, part), DELIVERY_STREAM_NAME_MAX, expected);
}

/** Name of the stream that producers put to. */
export const eventStreamName = (stage: string): string => resourceName(stage, 'events');

/** Name of the stream that a pipeline's part behind a hop reads: the name of its function too. */
export const hopStreamName = (stage: string, part: string): string => resourceName(stage, part);

export const logTableName = (stage: string, pipeline: string): string => resourceName(stage, `${pipeline}-log`);

/** @throws ConfigError when SNS cannot have a topic of that name. */
export const topicName = (stage: string, pipeline: string, alert: string): string =>
  checked(resourceName(stage, `${pipeline}-${alert}`), TOPIC_NAME_MAX, 'a shorter id of the alert: SNS takes');

/** @throws ConfigError when DynamoDB cannot have a table of that name. */
export const viewTableName = (stage: string, pipeline: string, view: string): string =>
  checked(
    resourceName(stage, `${pipeline}-${view}`),
    DYNAMO_TABLE_NAME_MAX,
    'a shorter id of the view: DynamoDB takes',
  );

/** @throws ConfigError when Kinesis cannot have a stream of that name. */
export const publishedStreamName = (stage: string, pipeline: string, sink: string): string =>
  checked(resourceName(stage, `${pipeline}-${sink}`), STREAM_NAME_MAX, 'a shorter id of the stream: Kinesis takes');

/** Name of a stack's output about one of several: `AlertErrorBurst` of the alert `error-burst`. */
export const outputId = (kind: string, id: string): string =>
  [kind, ...id.split(/[-_]/)].map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');

function checked(name: string, max: number, expected: string): string {
  if (name.length > max) throw new ConfigError('name', name, `${expected} at most ${max} characters`);
  return name;
}
