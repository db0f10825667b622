import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { Random } from './random.ts';

type Item = Record<string, AttributeValue>;

/** DynamoDB answers a query in pages; small ones here, so that every read of a log pages. */
const PAGE_ITEMS = 3;

const failure = (name: string) => Object.assign(new Error(name), { name });

/** DynamoDB and Firehose as far as the process function uses them, in memory. A command either takes effect whole, at the
 *  moment it is handled, or fails. */
export class Services {
  /** Partition key → slot → item. */
  readonly logs = new Map<string, Map<number, Item>>();
  /** Delivery stream → rows, copies included. */
  readonly rows = new Map<string, string[]>();
  /** What no careful writer does, as sentences. */
  readonly misuses: string[] = [];
  /** Environment and slot of each write that found its slot taken. */
  readonly #lost = new Map<string, string>();

  /** `refuse` says of each Firehose record whether it fails within its call. */
  handle(command: object, refuse: () => boolean): object {
    const { input } = command as { input: never };
    switch (command.constructor.name) {
      case 'PutItemCommand':
        return this.#putItem(input);
      case 'GetItemCommand':
        return this.#getItem(input);
      case 'QueryCommand':
        return this.#query(input);
      case 'PutRecordBatchCommand':
        return this.#putRecordBatch(input, refuse);
      default:
        throw new Error(`${command.constructor.name} is not simulated`);
    }
  }

  #putItem({ Item: item, ConditionExpression }: { Item: Item; ConditionExpression?: string }): object {
    const log = this.logs.get(String(item.pk?.S)) ?? new Map<number, Item>();
    const slot = Number(item.sk?.N);
    this.#watch(slot, String(item.token?.S), log.has(slot));
    if (ConditionExpression && log.has(slot)) throw conditionFailed();
    this.logs.set(String(item.pk?.S), log.set(slot, item));
    return {};
  }

  /** Who has lost a slot knows it is taken: to try it again, with a new computation, is to have kept an old state. */
  #watch(slot: number, token: string, isTaken: boolean): void {
    const [environment] = token.split('-');
    const lost = this.#lost.get(`${environment} ${slot}`);
    if (lost !== undefined && lost !== token)
      this.misuses.push(`${environment} tries slot ${slot} again after losing it`);
    if (isTaken) this.#lost.set(`${environment} ${slot}`, token);
  }

  #getItem({ Key }: { Key: Item }): object {
    return { Item: this.logs.get(String(Key.pk?.S))?.get(Number(Key.sk?.N)) };
  }

  #query(input: { ExpressionAttributeValues: Item; ExclusiveStartKey?: Item; ScanIndexForward?: boolean }): object {
    const log = this.logs.get(String(input.ExpressionAttributeValues[':pk']?.S)) ?? new Map<number, Item>();
    const before = input.ExclusiveStartKey ? Number(input.ExclusiveStartKey.sk?.N) : Number.POSITIVE_INFINITY;
    const slots = [...log.keys()].filter((slot) => slot < before).sort((a, b) => b - a);
    const Items = slots.slice(0, PAGE_ITEMS).map((slot) => log.get(slot) as Item);
    return { Items, ...(slots.length > PAGE_ITEMS && { LastEvaluatedKey: Items.at(-1) }) };
  }

  #putRecordBatch(
    input: { DeliveryStreamName: string; Records: { Data: Uint8Array }[] },
    refuse: () => boolean,
  ): object {
    const rows = this.rows.get(input.DeliveryStreamName) ?? [];
    this.rows.set(input.DeliveryStreamName, rows);
    const RequestResponses = input.Records.map(({ Data }, index) => {
      if (refuse()) return { ErrorCode: 'ServiceUnavailableException' };
      rows.push(
        ...Buffer.from(Data)
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      );
      return { RecordId: String(index) };
    });
    return { RequestResponses };
  }
}

/** What the SDK throws; the adapter asks for the class. */
function conditionFailed(): Error {
  return new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
}

/** Errors that a service answers with instead of doing anything. */
export const throttled = (random: Random): Error =>
  failure(
    random.pick(['ProvisionedThroughputExceededException', 'ServiceUnavailableException', 'InternalServerError']),
  );

/** What a caller sees when the answer does not come. */
export const timedOut = (): Error => failure('TimeoutError');
