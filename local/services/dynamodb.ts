import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalService, Provision, ServiceContext } from '../service.ts';
import { openEngine } from './dynamodb/engine.ts';
import { meter } from './dynamodb/meter.ts';
import { provisionTable } from './dynamodb/table.ts';
import { readBody } from './json-api.ts';

/** DynamoDB on this machine, by dynalite: kept under `stateDir` when given, else in memory. Counts consumed units.
 *  Honours items, conditions, queries, scans, indexes and batches; has no transactions, streams, expiry or throttling. */
export async function createDynamo(context: ServiceContext): Promise<LocalService> {
  const path = context.stateDir && join(context.stateDir, 'dynamodb');
  if (path) await mkdir(path, { recursive: true });
  const engine = await openEngine(path);
  const send = meter(engine, context.metric);

  const provision: Provision = (resource) => {
    if (resource.properties.StreamSpecification) context.log(`dynamodb: ${resource.logicalId} gets no stream here`);
    return provisionTable(engine, resource);
  };
  return {
    scopes: ['dynamodb'],
    provisions: { 'AWS::DynamoDB::Table': provision, 'AWS::DynamoDB::GlobalTable': provision },
    async handle(request, response) {
      const { method = 'GET', url = '/', headers } = request;
      const answer = await send({ method, url, headers, body: await readBody(request) });
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    },
    close: () => engine.close(),
  };
}
