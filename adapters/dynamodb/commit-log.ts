import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type Clock, type CommitLog, ENTRY_TTL_MS, type LogItem } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

export interface CommitLogOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly pipeline: string;
  readonly epoch: string;
  readonly clock: Clock;
}

type Item = Record<string, AttributeValue>;

/** The commit log in a DynamoDB table: item `pk = pipeline#epoch#shard`, `sk = slot`, with the writer's `token`, the
 *  entry's `body` and, above slot 0, `ttl` in epoch seconds. */
export function dynamoCommitLog({ client, table, pipeline, epoch, clock }: CommitLogOptions): CommitLog {
  const pk = (shardId: string) => ({ S: `${pipeline}#${epoch}#${shardId}` });

  async function* newest(shardId: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<LogItem> {
    let start: Item | undefined;
    let left = limit;
    do {
      const page = await transiently('commit log: Query', () =>
        client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': pk(shardId) },
            ScanIndexForward: false,
            ConsistentRead: true,
            ...(Number.isFinite(left) && { Limit: left }),
            ...(start && { ExclusiveStartKey: start }),
          }),
        ),
      );
      const items = page.Items ?? [];
      yield* items.map(logItemOf);
      left -= items.length;
      start = page.LastEvaluatedKey;
    } while (start && left > 0);
  }

  /** Whether the slot holds our own entry. Asked after the condition failed, since the SDK retries a write whose answer
   *  was lost; the failure itself could bring the item, but not every DynamoDB returns it. */
  async function isOurs(key: Item, token: string): Promise<boolean> {
    const { Item: found } = await transiently('commit log: GetItem', () =>
      client.send(
        new GetItemCommand({
          TableName: table,
          Key: key,
          ConsistentRead: true,
          ProjectionExpression: '#t',
          ExpressionAttributeNames: { '#t': 'token' },
        }),
      ),
    );
    return found?.token?.S === token;
  }

  async function append(shardId: string, { slot, token, body }: LogItem): Promise<'committed' | 'taken'> {
    const key: Item = { pk: pk(shardId), sk: { N: String(slot) } };
    const item: Item = {
      ...key,
      token: { S: token },
      body: { B: body },
      ...(slot > 0 && { ttl: { N: String(Math.floor((clock.now() + ENTRY_TTL_MS) / 1000)) } }),
    };
    try {
      await transiently('commit log: PutItem', () =>
        client.send(
          new PutItemCommand({ TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }),
        ),
      );
      return 'committed';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return (await isOurs(key, token)) ? 'committed' : 'taken';
    }
  }

  return { newest, append };
}

function logItemOf(item: Item): LogItem {
  return { slot: Number(item.sk?.N), token: item.token?.S ?? '', body: item.body?.B ?? new Uint8Array() };
}
