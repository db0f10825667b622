import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import db from 'dynalite/db/index.js';

/** What a client's calls came to. */
export interface Usage {
  /** Attempts by the API's operation, e.g. `PutItem`: a call that the SDK repeats counts each time. */
  readonly calls: Record<string, number>;
  writeUnits: number;
  readUnits: number;
}

export const noUsage = (): Usage => ({ calls: {}, writeUnits: 0, readUnits: 0 });

interface Input {
  readonly Item?: Record<string, AttributeValue>;
  readonly ReturnConsumedCapacity?: string;
}

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);
/** Bytes of an item for a write unit
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html). */
const WRITE_UNIT_BYTES = 1024;

/** Counts what a client does, from outside: it asks every call for its consumed capacity, and counts inside the SDK's
 *  retries. Counts go to what `usage` gives at the time. */
export function meter(client: DynamoDBClient, usage: () => Usage): void {
  client.middlewareStack.add(
    (next) => (args) => next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as never }),
    { step: 'initialize', name: 'askForCapacity' },
  );
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, '');
        const { calls } = usage();
        calls[operation] = (calls[operation] ?? 0) + 1;
        const units = READS.has(operation) ? 'readUnits' : 'writeUnits';
        try {
          const result = await next(args);
          const { ConsumedCapacity } = result.output as { readonly ConsumedCapacity?: ConsumedCapacity };
          usage()[units] += unitsOf(operation, ConsumedCapacity);
          return result;
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) usage()[units] += refusedUnits(args.input as Input);
          throw error;
        }
      },
    { step: 'finalizeRequest', priority: 'low', name: 'meter' },
  );
}

function unitsOf(operation: string, consumed: ConsumedCapacity | undefined): number {
  if (consumed?.CapacityUnits === undefined) throw new Error(`${operation}: the answer does not say what it consumed`);
  return consumed.CapacityUnits;
}

/** A write whose condition fails consumes the units of its item all the same. Its answer does not say how many: they
 *  are reckoned by the item that was to be written, since what stands in its place is of the same make. */
function refusedUnits({ Item: item }: Input): number {
  return item ? Math.max(1, Math.ceil(db.itemSize(item) / WRITE_UNIT_BYTES)) : 1;
}
