import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { Table } from './dynalite.ts';

export type Handle = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

/** Where a handler's results go: the sink in memory. */
export interface Results {
  /** JSON documents, in the order in which they were produced. */
  readonly rows: string[];
  /** Events that the handler recognised as put before. */
  duplicates: number;
}

/** One way of counting each event once. */
export interface Contender {
  readonly name: string;
  readonly clientConfig: DynamoDBClientConfig;
  readonly table: Table & { readonly TableName: string };
  /** A warm execution environment's handler. */
  handler(client: DynamoDBClient, results: Results): Handle;
}
