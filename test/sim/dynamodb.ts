import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { serviceError } from './errors.ts';
import { START_MS, type World } from './world.ts';

export type Item = Record<string, AttributeValue>;

/** A query is answered in pages; small ones here, so that every read of a log pages. */
const PAGE_ITEMS = 3;
/** DynamoDB's limit of an item, names included. */
const MAX_ITEM_BYTES = 400 * 1024;
/** Expired items vanish within so many hours, in any order. */
const EXPIRY_HOURS = 48;
const ENTRY_DAYS = 30;
const EXPIRY_SLACK_S = 300;

/** DynamoDB as far as the commit log uses it, with what it would bill for the writes. */
export class SimDynamoDB {
  /** Partition key → slot → item: all that was ever written, also what has expired since. */
  readonly logs = new Map<string, Map<number, Item>>();
  /** What no careful writer does, as sentences. */
  readonly misuses: string[] = [];
  writeUnits = 0;
  writes = 0;
  readonly #world: World;
  /** Log, environment and slot of each write that found its slot taken. */
  readonly #lost = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  putItem({ Item: item, ConditionExpression }: { Item: Item; ConditionExpression?: string }): object {
    const pk = String(item.pk?.S);
    const log = this.logs.get(pk) ?? new Map<number, Item>();
    const slot = Number(item.sk?.N);
    const bytes = sizeOf(item);
    if (bytes > MAX_ITEM_BYTES) throw serviceError('ValidationException', 'Item size has exceeded the maximum allowed');
    this.writes += 1;
    this.writeUnits += Math.ceil(bytes / 1024);
    const stands = this.#stands(log.get(slot));
    this.#watch(pk, slot, String(item.token?.S), stands);
    if (ConditionExpression && stands) throw conditionFailed();
    this.#checkExpiry(slot, item);
    if (log.has(slot)) this.misuses.push(`slot ${slot} of ${pk} is written twice`);
    this.logs.set(pk, log.set(slot, item));
    return {};
  }

  /** The first slot stays for ever, the others for 30 days. */
  #checkExpiry(slot: number, { ttl }: Item): void {
    const expected = slot === 0 ? undefined : (START_MS + this.#world.nowMs) / 1000 + ENTRY_DAYS * 24 * 3_600;
    if (ttl?.N === undefined && expected === undefined) return;
    if (Math.abs(Number(ttl?.N) - Number(expected)) < EXPIRY_SLACK_S) return;
    this.misuses.push(`slot ${slot} expires at ${ttl?.N}, expected ${expected}`);
  }

  /** Who has lost a slot knows it is taken: to try it again, with a new computation, is to have kept an old state. */
  #watch(pk: string, slot: number, token: string, isTaken: boolean): void {
    const [environment] = token.split('-');
    const attempt = `${pk} ${environment} ${slot}`;
    const lost = this.#lost.get(attempt);
    if (lost !== undefined && lost !== token) {
      this.misuses.push(`${environment} tries slot ${slot} of ${pk} again after losing it`);
    }
    if (isTaken) this.#lost.set(attempt, token);
  }

  getItem({ Key }: { Key: Item }): object {
    const found = this.logs.get(String(Key.pk?.S))?.get(Number(Key.sk?.N));
    return { Item: this.#stands(found) ? found : undefined };
  }

  query(input: { ExpressionAttributeValues: Item; ExclusiveStartKey?: Item }): object {
    const log = this.logs.get(String(input.ExpressionAttributeValues[':pk']?.S)) ?? new Map<number, Item>();
    const before = input.ExclusiveStartKey ? Number(input.ExclusiveStartKey.sk?.N) : Number.POSITIVE_INFINITY;
    const slots = [...log.keys()].filter((slot) => slot < before && this.#stands(log.get(slot))).sort((a, b) => b - a);
    const Items = slots.slice(0, PAGE_ITEMS).map((slot) => log.get(slot) as Item);
    return { Items, ...(slots.length > PAGE_ITEMS && { LastEvaluatedKey: Items.at(-1) }) };
  }

  #stands(item: Item | undefined): boolean {
    if (item?.ttl?.N === undefined) return item !== undefined;
    const hours = (Number(item.sk?.N) * 7) % EXPIRY_HOURS;
    return START_MS + this.#world.nowMs < Number(item.ttl.N) * 1000 + hours * 3_600_000;
  }
}

/** As DynamoDB counts: names and values, a number as about half a byte a digit and one more
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). */
function sizeOf(item: Item): number {
  const sizes = Object.entries(item).map(([name, { S, N, B }]) => {
    const number = N === undefined ? 0 : Math.ceil(N.length / 2) + 1;
    return name.length + Buffer.byteLength(S ?? '') + (B?.length ?? 0) + number;
  });
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** What the SDK throws; the adapter asks for the class. */
function conditionFailed(): Error {
  return new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
}
