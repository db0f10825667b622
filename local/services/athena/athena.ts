import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import {
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type Resource,
  type ServiceContext,
} from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { jsonApi } from '../json-api.ts';
import { athenaOperations } from './api.ts';
import { openEngine } from './engine.ts';
import { openObjectCache } from './objects.ts';
import { PreparedStatements } from './prepared.ts';
import { QUERY_TIMEOUT_MS, Queries } from './queries.ts';
import type { NamedQuery } from './saved-api.ts';
import { type WorkGroup, workGroupFrom, workGroupOf } from './workgroup.ts';

const S3_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 30_000 };

/** The same for the same query in each run, as long as an id of Athena's. */
function idOf(parts: readonly string[]): string {
  const digits = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return digits.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function namedQueryFrom({ properties, logicalId, stack }: Resource): NamedQuery {
  const workGroup = String(properties.WorkGroup ?? 'primary');
  const name = String(properties.Name ?? logicalId);
  return {
    id: idOf([stack, logicalId, name]),
    name,
    description: properties.Description ?? '',
    database: String(properties.Database),
    sql: String(properties.QueryString),
    workGroup,
  };
}

/** Athena: the Glue tables' Parquet objects, read where Firehose put them, by DuckDB; queries in Trino's SQL.
 *  `queryTimeoutMs` is how long a query may run before it fails. */
export async function createAthena(
  context: ServiceContext,
  { glue, queryTimeoutMs = QUERY_TIMEOUT_MS }: { readonly glue: Catalogue; readonly queryTimeoutMs?: number },
): Promise<LocalService> {
  const workGroups = new Map<string, WorkGroup>([['primary', workGroupOf('primary', '')]]);
  const namedQueries = new Map<string, NamedQuery>();
  const prepared = new PreparedStatements();
  const s3 = new S3Client({
    endpoint: context.endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    requestHandler: S3_TIMEOUTS,
  });
  const engine = await openEngine(join(context.scratchDir, 'athena'));
  const queries = new Queries({
    engine,
    glue,
    prepared,
    s3,
    context,
    cache: openObjectCache(s3, engine.cacheDir),
    timeoutMs: queryTimeoutMs,
  });

  const makeWorkGroup = (resource: Resource): Provisioned => {
    const workGroup = workGroupFrom(resource);
    workGroups.set(workGroup.name, workGroup);
    return { ref: workGroup.name, attributes: { CreationTime: new Date(workGroup.createdAtMs).toISOString() } };
  };
  const makeNamedQuery = (resource: Resource): Provisioned => {
    const query = namedQueryFrom(resource);
    namedQueries.set(query.id, query);
    return { ref: query.id, attributes: { NamedQueryId: query.id } };
  };

  const makePrepared = ({ properties }: Resource): Provisioned => {
    const name = String(properties.StatementName);
    const workGroup = String(properties.WorkGroup);
    prepared.put({
      name,
      workGroup,
      sql: String(properties.QueryStatement),
      description: properties.Description ?? '',
    });
    return { ref: name, attributes: {} };
  };

  return {
    scopes: ['athena'],
    provisions: {
      'AWS::Athena::WorkGroup': makeWorkGroup,
      'AWS::Athena::NamedQuery': makeNamedQuery,
      'AWS::Athena::PreparedStatement': makePrepared,
    },
    handle: jsonApi(athenaOperations({ workGroups, namedQueries, prepared, queries, glue })),
    close: async () => {
      queries.stopAll();
      await engine.close();
      s3.destroy();
    },
  };
}
