import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_ACCOUNT, LOCAL_REGION, type Provisioned, type Resource } from '../../service.ts';
import { physicalName } from '../../template/names.ts';
import { ServiceError } from '../json-api.ts';
import { callEngine, type Engine } from './engine.ts';

interface TableDescription {
  readonly TableId: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly KeyElement[];
}

interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

/** The members an index has both in a template and in the API. */
interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: object;
}

const ACTIVE_WAIT_MS = 5000;
const ACTIVE_POLL_MS = 2;

async function describeTable(engine: Engine, name: string): Promise<TableDescription | undefined> {
  try {
    return (await callEngine<{ readonly Table: TableDescription }>(engine, 'DescribeTable', { TableName: name })).Table;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Tables are made and updated behind the answer. */
async function activeTable(engine: Engine, name: string): Promise<TableDescription> {
  for (const deadlineMs = Date.now() + ACTIVE_WAIT_MS; Date.now() < deadlineMs; await sleep(ACTIVE_POLL_MS)) {
    const table = await describeTable(engine, name);
    if (table?.TableStatus === 'ACTIVE') return table;
  }
  throw new Error(`table ${name} did not become active within ${ACTIVE_WAIT_MS} ms`);
}

/** What CreateTable takes, of a `Table` or a `GlobalTable`. Billing is on demand whatever the template says, since
 *  nothing is throttled. */
function createTableInput(name: string, properties: Resource['properties']): object {
  const indexes = (given: readonly Index[] | undefined) =>
    given?.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
  return {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    GlobalSecondaryIndexes: indexes(properties.GlobalSecondaryIndexes),
    LocalSecondaryIndexes: indexes(properties.LocalSecondaryIndexes),
  };
}

const keyText = (schema: readonly KeyElement[]) =>
  schema.map((key) => `${key.KeyType} ${key.AttributeName}`).join(', ');

/** Makes the table of a template, unless it is there. Throws when it is there with another key: CloudFormation would
 *  replace it and lose its items. */
export async function provisionTable(engine: Engine, resource: Resource): Promise<Provisioned> {
  const { type, stack, logicalId, properties } = resource;
  const name: string = properties.TableName ?? physicalName(type, stack, logicalId);
  if (!(await describeTable(engine, name))) await callEngine(engine, 'CreateTable', createTableInput(name, properties));
  const { KeySchema: found, TableId } = await activeTable(engine, name);
  if (keyText(found) !== keyText(properties.KeySchema)) {
    throw new Error(
      `table ${name} is kept from an earlier run with the key (${keyText(found)}), and the template says (${keyText(properties.KeySchema)}): remove the kept state to begin anew`,
    );
  }
  const Arn = `arn:aws:dynamodb:${LOCAL_REGION}:${LOCAL_ACCOUNT}:table/${name}`;
  return { ref: name, attributes: { Arn, TableId } };
}
