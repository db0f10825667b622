import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  type DynamoDBClientConfig,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

/** What a table is told of itself; it is paid per request. */
export type Table = Pick<CreateTableCommandInput, 'TableName' | 'KeySchema' | 'AttributeDefinitions'>;

/** A DynamoDB on this machine. */
export interface Dynalite {
  client(config?: DynamoDBClientConfig): DynamoDBClient;
  createTable(table: Table): Promise<void>;
  stop(): Promise<void>;
}

export async function startDynalite(): Promise<Dynalite> {
  const child = fork(join(import.meta.dirname, 'dynalite-child.ts'), { execArgv: ['--no-warnings'] });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => Promise.reject(new Error(`dynalite ended with ${code} before it listened`)));
  const [port] = await Promise.race([once(child, 'message'), failed]);

  const client = (config: DynamoDBClientConfig = {}) =>
    new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
      ...config,
    });
  return {
    client,
    async createTable(table) {
      const admin = client();
      await admin.send(new CreateTableCommand({ ...table, BillingMode: 'PAY_PER_REQUEST' }));
      const patience = { client: admin, minDelay: 1, maxDelay: 1, maxWaitTime: 10 };
      await waitUntilTableExists(patience, { TableName: table.TableName });
      admin.destroy();
    },
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
