import { randomUUID } from 'node:crypto';
import type { ResultSet } from './engine.ts';
import type { QueryFailure } from './failure.ts';
import type { Statement } from './statement.ts';
import type { WorkGroup } from './workgroup.ts';

export type ExecutionState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One run of a query. */
export interface Execution {
  readonly id: string;
  readonly sql: string;
  readonly database: string;
  readonly workGroup: WorkGroup;
  readonly statement: Statement;
  readonly parameters: readonly string[];
  /** Address of the CSV; undefined when the workgroup keeps results itself. */
  readonly output: { readonly bucket: string; readonly key: string } | undefined;
  readonly submittedAtMs: number;
  state: ExecutionState;
  failure: QueryFailure | undefined;
  /** Why it was cancelled, other than by the user. */
  cancelReason: string | undefined;
  scannedBytes: number;
  result: ResultSet | undefined;
  startedAtMs: number | undefined;
  completedAtMs: number | undefined;
  interrupt: () => void;
}

export const newExecution = (
  given: Pick<Execution, 'sql' | 'database' | 'workGroup' | 'statement' | 'parameters'>,
  outputLocation: string | undefined,
): Execution => {
  const id = randomUUID();
  const location = /^s3:\/\/([^/]+)\/?(.*)$/.exec(outputLocation ?? '');
  const folder = location?.[2] ? `${location[2].replace(/\/$/, '')}/` : '';
  const extension = given.statement.type === 'DML' ? 'csv' : 'txt';
  return {
    ...given,
    id,
    output: location?.[1] === undefined ? undefined : { bucket: location[1], key: `${folder}${id}.${extension}` },
    submittedAtMs: Date.now(),
    state: 'QUEUED',
    failure: undefined,
    cancelReason: undefined,
    scannedBytes: 0,
    result: undefined,
    startedAtMs: undefined,
    completedAtMs: undefined,
    interrupt: () => {},
  };
};

export const isOver = ({ state }: Execution): boolean => state !== 'QUEUED' && state !== 'RUNNING';

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

/** As `GetQueryExecution` describes it. */
export function describeExecution(execution: Execution) {
  const { submittedAtMs, startedAtMs, completedAtMs, failure, output, statement, workGroup } = execution;
  const endMs = completedAtMs ?? Date.now();
  const queuedMs = (startedAtMs ?? endMs) - submittedAtMs;
  return {
    QueryExecutionId: execution.id,
    Query: execution.sql,
    StatementType: statement.type,
    SubstatementType: statement.substatement,
    ResultConfiguration: output ? { OutputLocation: `s3://${output.bucket}/${output.key}` } : {},
    QueryExecutionContext: { Database: execution.database, Catalog: 'awsdatacatalog' },
    Status: {
      State: execution.state,
      StateChangeReason: failure?.reason ?? execution.cancelReason,
      SubmissionDateTime: seconds(submittedAtMs),
      CompletionDateTime: seconds(completedAtMs),
      AthenaError: failure?.athenaError,
    },
    Statistics: {
      EngineExecutionTimeInMillis: endMs - submittedAtMs - queuedMs,
      DataScannedInBytes: execution.scannedBytes,
      TotalExecutionTimeInMillis: endMs - submittedAtMs,
      QueryQueueTimeInMillis: queuedMs,
      ServicePreProcessingTimeInMillis: 0,
      QueryPlanningTimeInMillis: 0,
      ServiceProcessingTimeInMillis: 0,
      ResultReuseInformation: { ReusedPreviousResult: false },
    },
    ExecutionParameters: execution.parameters.length === 0 ? undefined : execution.parameters,
    WorkGroup: workGroup.name,
    EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
  };
}

const datum = (text: string | undefined) => (text === undefined ? {} : { VarCharValue: text });

/** A page of results as `GetQueryResults` gives it: a query's first row is the header. */
export function resultPage({ result, statement }: Execution, from: number, size: number) {
  const { columns = [], rows = [] } = result ?? {};
  const header = statement.type === 'DML' ? [columns.map(({ name }) => name)] : [];
  const to = from + size;
  const page = [
    ...header.slice(from, to),
    ...rows.slice(Math.max(0, from - header.length), Math.max(0, to - header.length)),
  ];
  return {
    UpdateCount: 0,
    ResultSet: {
      Rows: page.map((row) => ({ Data: row.map(datum) })),
      ResultSetMetadata: {
        ColumnInfo: columns.map(({ name, type, precision, scale }) => ({
          CatalogName: 'hive',
          SchemaName: '',
          TableName: '',
          Name: name,
          Label: name,
          Type: type,
          Precision: precision,
          Scale: scale,
          Nullable: 'UNKNOWN',
          CaseSensitive: type === 'varchar',
        })),
      },
    },
    next: to < rows.length + header.length ? to : undefined,
  };
}

const quoted = (text: string | undefined) => (text === undefined ? '' : `"${text.replaceAll('"', '""')}"`);

/** The file Athena leaves in S3: a query's as CSV with a header, everything quoted but null. */
export function resultFile({ result, statement }: Execution): string {
  const { columns = [], rows = [] } = result ?? {};
  if (statement.type !== 'DML') return rows.map((row) => `${row.join('\t')}\n`).join('');
  return [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}
