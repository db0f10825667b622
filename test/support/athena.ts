import {
  AthenaClient,
  type ColumnInfo,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import { createAthena } from '../../local/services/athena/athena.ts';
import { createGlue } from '../../local/services/glue.ts';
import { openLake, provision, serve } from './lake-services.ts';

export const DATABASE = 'millrace_dev';
export const WORKGROUP = 'millrace-dev';

export interface Asked {
  readonly execution: QueryExecution;
  readonly columns: readonly ColumnInfo[];
  /** As `GetQueryResults` gives them, the header of a query included. */
  readonly rows: (string | undefined)[][];
}

/** Athena over an empty lake, with one database and one workgroup, as the SDK's client sees it. */
export async function openAthena() {
  const lake = await openLake();
  const glue = createGlue();
  const service = await createAthena(lake.context, { glue });
  const server = await serve(service);
  const client = new AthenaClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: server.credentials,
    maxAttempts: 1,
  });
  await provision(glue, 'AWS::Glue::Database', { DatabaseInput: { Name: DATABASE } });
  await provision(service, 'AWS::Athena::WorkGroup', {
    Name: WORKGROUP,
    WorkGroupConfiguration: {
      ResultConfiguration: { OutputLocation: `s3://${lake.bucket}/results/` },
      BytesScannedCutoffPerQuery: 10_000_000,
    },
  });

  const start = async (sql: string, over: Partial<StartQueryExecutionCommandInput> = {}): Promise<string> => {
    const { QueryExecutionId = '' } = await client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: WORKGROUP,
        QueryExecutionContext: { Database: DATABASE },
        ...over,
      }),
    );
    return QueryExecutionId;
  };
  const settled = async (QueryExecutionId: string): Promise<QueryExecution> => {
    for (;;) {
      const { QueryExecution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      if (QueryExecution && !['QUEUED', 'RUNNING'].includes(QueryExecution.Status?.State ?? '')) return QueryExecution;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const ask = async (sql: string, over: Partial<StartQueryExecutionCommandInput> = {}): Promise<Asked> => {
    const QueryExecutionId = await start(sql, over);
    const execution = await settled(QueryExecutionId);
    if (execution.Status?.State !== 'SUCCEEDED') return { execution, columns: [], rows: [] };
    const { ResultSet } = await client.send(new GetQueryResultsCommand({ QueryExecutionId }));
    return {
      execution,
      columns: ResultSet?.ResultSetMetadata?.ColumnInfo ?? [],
      rows: (ResultSet?.Rows ?? []).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue)),
    };
  };
  return {
    lake,
    glue,
    service,
    client,
    endpoint: server.endpoint,
    start,
    settled,
    ask,
    /** Rows of a query without its header, or the reason why there are none. */
    answer: async (sql: string, over: Partial<StartQueryExecutionCommandInput> = {}) => {
      const { execution, rows } = await ask(sql, over);
      const reason = execution.Status?.StateChangeReason;
      return reason ?? (execution.StatementType === 'DML' ? rows.slice(1) : rows);
    },
    /** The name and text of the error that a request is refused with. */
    refusal: (request: Promise<unknown>) =>
      request.then(
        () => 'not refused',
        (error: Error) => `${error.name}: ${error.message}`,
      ),
    close: async () => {
      client.destroy();
      await server.close();
      await service.close();
      await lake.close();
    },
  };
}

export type OpenedAthena = Awaited<ReturnType<typeof openAthena>>;
