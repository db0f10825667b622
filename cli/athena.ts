import { setTimeout as pause } from 'node:timers/promises';
import {
  type AthenaClient,
  type Datum,
  GetQueryExecutionCommand,
  paginateGetQueryResults,
  type QueryExecution,
  type Row,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { CliError } from './errors.ts';
import type { StageOutputs } from './outputs.ts';

export interface Column {
  readonly name: string;
  /** Athena's type, e.g. `bigint`. */
  readonly type: string;
}

/** A value of a result: numbers that JavaScript holds exactly or as doubles, booleans, else text as Athena prints it. */
export type Cell = string | number | boolean | null;

export interface QueryResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether there are more rows than were asked for. */
  readonly isCut: boolean;
  readonly scannedBytes: number;
  readonly milliseconds: number;
}

export interface QueryOptions {
  readonly athena: AthenaClient;
  readonly outputs: Pick<StageOutputs, 'workgroupName' | 'databaseName'>;
  /** Default 100,000. */
  readonly maxRows?: number;
}

const MAX_ROWS = 100_000;
const POLL_MS = { first: 50, longest: 1_000 };

/** Runs one statement in the stage's workgroup and database, and waits for its result.
 *  @throws CliError with Athena's reason when it does not succeed. */
export async function runQuery(
  sql: string,
  { athena, outputs, maxRows = MAX_ROWS }: QueryOptions,
): Promise<QueryResult> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: outputs.workgroupName,
      QueryExecutionContext: { Database: outputs.databaseName },
    }),
  );
  const { Statistics } = await finished(athena, QueryExecutionId);
  const result = await readRows(athena, QueryExecutionId, maxRows);
  return {
    ...result,
    scannedBytes: Statistics?.DataScannedInBytes ?? 0,
    milliseconds: Statistics?.TotalExecutionTimeInMillis ?? 0,
  };
}

async function finished(athena: AthenaClient, QueryExecutionId: string | undefined): Promise<QueryExecution> {
  for (let wait = POLL_MS.first; ; wait = Math.min(wait * 2, POLL_MS.longest)) {
    const { QueryExecution = {} } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State, StateChangeReason } = QueryExecution.Status ?? {};
    if (State === 'SUCCEEDED') return QueryExecution;
    if (State !== 'QUEUED' && State !== 'RUNNING') {
      throw new CliError(
        `the query ${State === 'CANCELLED' ? 'was cancelled' : 'failed'}: ${StateChangeReason ?? State}`,
      );
    }
    await pause(wait);
  }
}

async function readRows(athena: AthenaClient, QueryExecutionId: string | undefined, maxRows: number) {
  const rows: (readonly Cell[])[] = [];
  let columns: readonly Column[] | undefined;
  for await (const { ResultSet } of paginateGetQueryResults({ client: athena }, { QueryExecutionId })) {
    let page = ResultSet?.Rows ?? [];
    if (columns === undefined) {
      const described = ResultSet?.ResultSetMetadata?.ColumnInfo ?? [];
      columns = described.map(({ Name = '', Type = 'varchar' }) => ({ name: Name, type: Type }));
      if (isHeader(page[0], columns)) page = page.slice(1);
    }
    for (const row of page) rows.push(columns.map(({ type }, i) => cell(row.Data?.[i], type)));
    if (rows.length > maxRows) break;
  }
  return { columns: columns ?? [], rows: rows.slice(0, maxRows), isCut: rows.length > maxRows };
}

/** Athena puts the column names before the rows of a SELECT, and not before those of SHOW and the like. */
function isHeader(row: Row | undefined, columns: readonly Column[]): boolean {
  return row !== undefined && columns.every(({ name }, i) => row.Data?.[i]?.VarCharValue === name);
}

const NUMBERS = new Set(['tinyint', 'smallint', 'integer', 'int', 'bigint', 'float', 'real', 'double']);

function cell(datum: Datum | undefined, type: string): Cell {
  const text = datum?.VarCharValue;
  if (text === undefined) return null;
  if (type === 'boolean') return text === 'true';
  if (!NUMBERS.has(type)) return text;
  const number = Number(text);
  const isExact = Number.isFinite(number) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(number));
  return isExact ? number : text;
}
