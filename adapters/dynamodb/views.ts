import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Json } from '../../core/event/json.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { type Clock, ENTRY_TTL_MS, type ViewRow, type Views } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

export interface ViewsOptions {
  readonly client: DynamoDBClient;
  /** Id of the view → name of its table. */
  readonly tables: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

const CONCURRENT_WRITES = 16;

/** How long a deleted key is remembered: an older row of it can come from an entry of the log, as long as there is one.
 *  DynamoDB may take days to drop an entry. */
const TOMBSTONE_MS = 2 * ENTRY_TTL_MS;

/** Views in DynamoDB tables: an item for each key, `key`, `version` and `row`, a map. Of a key that is deleted an item
 *  without `row` stays for a while, with `ttl` in epoch seconds. */
export function dynamoViews({ client, tables, clock }: ViewsOptions): Views {
  return {
    async put(view, rows) {
      const table = tables[view];
      if (table === undefined) throw new Error(`view '${view}' has no table`);
      await inParallel(CONCURRENT_WRITES, rows, (row) => write(client, table, itemOf(row, clock.now())));
    },
  };
}

type Item = Record<string, AttributeValue>;

function itemOf({ key, version, row }: ViewRow, nowMs: number): Item {
  const rest: Item =
    row === undefined ? { ttl: { N: String(Math.floor((nowMs + TOMBSTONE_MS) / 1000)) } } : { row: attributeOf(row) };
  return { key: { S: key.toWellFormed() }, version: { S: version }, ...rest };
}

/** Where a row of a later version stands, it stays. */
async function write(client: DynamoDBClient, table: string, item: Item): Promise<void> {
  const command = new PutItemCommand({
    TableName: table,
    Item: item,
    ConditionExpression: 'attribute_not_exists(#version) OR #version <= :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': item.version as AttributeValue },
  });
  try {
    await transiently(`view ${table}: PutItem`, () => client.send(command));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The SDK's own conversion refuses integers above 2^53 and fields of some names. */
function attributeOf(value: Json): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'string') return { S: value.toWellFormed() };
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  const fields = Object.entries(value as Readonly<Record<string, Json>>);
  return { M: Object.fromEntries(fields.map(([name, field]) => [name.toWellFormed(), attributeOf(field)])) };
}
