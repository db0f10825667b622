import { readVariables, type Variables } from '../variables.ts';

/** What the stack tells the process function; both sides use this one contract. */
export interface ProcessEnvironment {
  /** Name of the pipeline to run, or of its part behind a hop. */
  readonly MILLRACE_PIPELINE: string;
  /** Names of the stage's pipelines, separated by commas, in an order that all of them are told alike. */
  readonly MILLRACE_PIPELINES: string;
  /** Epoch of the pipeline's results; part of the commit log's key. */
  readonly MILLRACE_EPOCH: string;
  /** Name of the DynamoDB table that holds the commit log. */
  readonly MILLRACE_LOG_TABLE: string;
  /** JSON object: table name (`quarantine` included) → name of its Firehose delivery stream. */
  readonly MILLRACE_DELIVERY_STREAMS: string;
  /** JSON object: id of an alert → ARN of its topic. */
  readonly MILLRACE_ALERT_TOPICS: string;
  /** JSON object: id of a view → name of its DynamoDB table. */
  readonly MILLRACE_VIEW_TABLES: string;
  /** JSON object: id of a `stream` sink, or `next hop` → name of its Kinesis stream. */
  readonly MILLRACE_STREAMS: string;
  /** Bucket of what is too large for a row or an item: under `oversize/`, `parked/`, `snapshots/` and `spill/`, each with
   *  the pipeline's name next. */
  readonly MILLRACE_BUCKET: string;
  /** ARN of the stream whose records the function reads. */
  readonly MILLRACE_STREAM_ARN: string;
}

const NAMES = [
  'MILLRACE_PIPELINE',
  'MILLRACE_PIPELINES',
  'MILLRACE_EPOCH',
  'MILLRACE_LOG_TABLE',
  'MILLRACE_DELIVERY_STREAMS',
  'MILLRACE_ALERT_TOPICS',
  'MILLRACE_VIEW_TABLES',
  'MILLRACE_STREAMS',
  'MILLRACE_BUCKET',
  'MILLRACE_STREAM_ARN',
] as const satisfies readonly (keyof ProcessEnvironment)[];

/** @throws Error naming the variables that are missing. */
export function readEnvironment(variables: Variables): ProcessEnvironment {
  return readVariables(NAMES, variables);
}
