import { crc32 } from 'node:zlib';
import db from 'dynalite/db/index.js';
import type { RecordMetric } from '../../service.ts';
import { callEngine, type Engine, type EngineRequest, type EngineResponse, errorCode } from './engine.ts';

type Item = Readonly<Record<string, unknown>>;

interface ConsumedCapacity {
  readonly TableName: string;
  readonly CapacityUnits: number;
}

/** The members of an item operation's input that matter here. */
interface Input {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly ReturnConsumedCapacity?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);
/** Bytes of an item for a write unit. Source: Developer Guide, read and write operations. */
const WRITE_UNIT_BYTES = 1024;

/** Passes requests on, and counts what each consumed into CloudWatch's AWS/DynamoDB. The engine counts the units of what
 *  succeeds (of tables, not of their indexes); a failed condition consumes those of the item that is there, at least 1. */
export function meter(engine: Engine, metric: RecordMetric): (request: EngineRequest) => Promise<EngineResponse> {
  const count = (name: string, table: string, value: number, operation?: string) =>
    metric('AWS/DynamoDB', name, operation ? { TableName: table, Operation: operation } : { TableName: table }, value);

  const countSuccess = (operation: string, consumed: readonly ConsumedCapacity[], latencyMs: number) => {
    const name = WRITES.has(operation) ? 'ConsumedWriteCapacityUnits' : 'ConsumedReadCapacityUnits';
    for (const { TableName: table, CapacityUnits: units } of consumed) {
      count(name, table, units);
      count('SuccessfulRequestLatency', table, latencyMs, operation);
    }
  };

  return async (request) => {
    const operation =
      String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .pop() ?? '';
    const input =
      WRITES.has(operation) || READS.has(operation) ? parseObject(request.body.toString('utf8')) : undefined;
    if (!input) return engine.send(request);

    const asked = input.ReturnConsumedCapacity;
    const isAsked = asked !== undefined && asked !== null && asked !== 'NONE';
    const body = isAsked ? request.body : Buffer.from(JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }));
    const startedMs = performance.now();
    const response = await engine.send({ ...request, body });
    const answer = parseObject(response.body) ?? {};

    if (response.status === 200) {
      const { ConsumedCapacity: consumed, ...rest } = answer;
      countSuccess(operation, consumed === undefined ? [] : [consumed].flat(), performance.now() - startedMs);
      if (operation === 'Query' || operation === 'Scan')
        count('ReturnedItemCount', String(input.TableName), answer.Count ?? 0, operation);
      return isAsked ? response : withBody(response, rest);
    }
    if (errorCode(answer) !== 'ConditionalCheckFailedException') {
      if (response.status < 500) metric('AWS/DynamoDB', 'UserErrors', {}, 1);
      else count('SystemErrors', String(input.TableName), 1, operation);
      return response;
    }
    const table = String(input.TableName);
    const item = await existingItem(engine, input);
    count('ConsumedWriteCapacityUnits', table, item ? Math.max(1, Math.ceil(db.itemSize(item) / WRITE_UNIT_BYTES)) : 1);
    count('ConditionalCheckFailedRequests', table, 1);
    const isWanted = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item !== undefined;
    return isWanted ? withBody(response, { ...answer, Item: item }) : response;
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the members depend on the operation
function parseObject(text: string): any {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    // Not JSON: the engine says so to the caller.
    return undefined;
  }
}

/** The item that a condition was held against. The engine does not give it back, so it is read afterwards. */
async function existingItem(engine: Engine, input: Input): Promise<Item | undefined> {
  const { TableName } = input;
  const Key = input.Key ?? (await keyOf(engine, input));
  const read = { TableName, Key, ConsistentRead: true };
  return (await callEngine<{ readonly Item?: Item }>(engine, 'GetItem', read)).Item;
}

async function keyOf(engine: Engine, { TableName, Item = {} }: Input): Promise<Item> {
  const { Table } = await callEngine<{
    readonly Table: { readonly KeySchema: readonly { readonly AttributeName: string }[] };
  }>(engine, 'DescribeTable', { TableName });
  return Object.fromEntries(Table.KeySchema.map(({ AttributeName: name }) => [name, Item[name]]));
}

/** SDKs compare the checksum with the body. */
function withBody(response: EngineResponse, answer: object): EngineResponse {
  const body = JSON.stringify(answer);
  const headers = {
    ...response.headers,
    'x-amz-crc32': String(crc32(body)),
    'Content-Length': String(Buffer.byteLength(body)),
  };
  return { ...response, headers, body };
}
