import { type AttributeValue, ConditionalCheckFailedException, type PutItemInput } from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

/** DynamoDB as far as views use it: a write that has a condition takes place when no later version stands. */
export class SimViews {
  /** View → key → item. */
  readonly tables = new Map<string, Map<string, Item>>();

  putItem({ TableName = '', Item: item = {}, ConditionExpression }: PutItemInput): object {
    const table = this.tables.get(TableName) ?? new Map<string, Item>();
    this.tables.set(TableName, table);
    const key = String(item.key?.S);
    const stands = table.get(key)?.version?.S;
    if (ConditionExpression && stands !== undefined && stands > String(item.version?.S)) {
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    }
    table.set(key, item);
    return {};
  }
}
