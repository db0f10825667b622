import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ServiceContext } from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { ServiceError } from '../json-api.ts';
import type { Engine, ResultSet } from './engine.ts';
import { type Execution, isOver, newExecution, resultFile } from './execution.ts';
import { failureOf, MalformedQuery, QueryFailure, ScanLimitExceeded } from './failure.ts';
import type { ObjectCache } from './objects.ts';
import type { PreparedStatements } from './prepared.ts';
import { readStatement } from './statement.ts';
import type { WorkGroup } from './workgroup.ts';

/** Executions whose results are remembered; older ones are forgotten, oldest first. */
const MAX_REMEMBERED = 200;
/** Queries that run at a time; others are queued. */
const MAX_RUNNING = 4;
const MAX_QUEUED = 100;
/** How long a query may run here; Athena's own limit is longer. */
export const QUERY_TIMEOUT_MS = 10 * 60_000;

export interface QueryPorts {
  readonly engine: Engine;
  readonly cache: ObjectCache;
  readonly glue: Catalogue;
  readonly prepared: PreparedStatements;
  readonly s3: S3Client;
  readonly context: ServiceContext;
  /** After which a running query fails. */
  readonly timeoutMs: number;
}

export interface QueryRequest {
  readonly sql: string;
  readonly database: string;
  readonly workGroup: WorkGroup;
  /** Values for the query's question marks. */
  readonly parameters: readonly string[];
  /** Where the request wants its results. */
  readonly outputLocation: string | undefined;
}

const invalid = (message: string) => new ServiceError('InvalidRequestException', message);
const malformed = (message: string) =>
  new ServiceError('InvalidRequestException', message, 400, { AthenaErrorCode: 'MALFORMED_QUERY' });
const NOTHING: ResultSet = { columns: [], rows: [], scannedBytes: 0 };

/** Runs queries and remembers them. */
export class Queries {
  private readonly ports: QueryPorts;
  private readonly executions = new Map<string, Execution>();
  private readonly queue: Execution[] = [];
  private running = 0;

  constructor(ports: QueryPorts) {
    this.ports = ports;
  }

  /** @throws ServiceError when Athena would not start it */
  start({ sql, database, workGroup, parameters, outputLocation }: QueryRequest): Execution {
    const location = workGroup.enforced
      ? (workGroup.outputLocation ?? outputLocation)
      : (outputLocation ?? workGroup.outputLocation);
    if (location === undefined && !workGroup.managedResults) {
      throw invalid(
        'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
      );
    }
    if (this.queue.length >= MAX_QUEUED) throw new ServiceError('TooManyRequestsException', 'Too many queued queries');
    const statement = this.statement(sql, database, workGroup.name, parameters);
    const execution = newExecution(
      { sql, database, workGroup, statement, parameters },
      workGroup.managedResults ? undefined : location,
    );
    this.remember(execution);
    this.queue.push(execution);
    this.runNext();
    return execution;
  }

  find(id: string): Execution | undefined {
    return this.executions.get(id);
  }

  /** @throws ServiceError when there is none of the id */
  get(id: unknown): Execution {
    const found = this.find(String(id));
    if (!found) throw invalid(`QueryExecution ${id} was not found`);
    return found;
  }

  stop(id: unknown): void {
    const execution = this.get(id);
    if (isOver(execution)) return;
    const waiting = this.queue.indexOf(execution);
    if (waiting >= 0) this.queue.splice(waiting, 1);
    execution.state = 'CANCELLED';
    execution.completedAtMs = Date.now();
    execution.interrupt();
  }

  stopAll(): void {
    for (const { id } of this.executions.values()) this.stop(id);
  }

  /** Newest first. */
  of(workGroup: string): readonly Execution[] {
    return [...this.executions.values()].filter((execution) => execution.workGroup.name === workGroup).reverse();
  }

  private statement(sql: string, database: string, workGroup: string, parameters: readonly string[]) {
    const { glue, prepared } = this.ports;
    try {
      return readStatement(sql, { glue, prepared, workGroup, database, parameters });
    } catch (error) {
      if (error instanceof MalformedQuery) throw malformed(error.message);
      throw error;
    }
  }

  private remember(execution: Execution): void {
    this.executions.set(execution.id, execution);
    for (const [id, old] of this.executions) {
      if (this.executions.size <= MAX_REMEMBERED) return;
      if (isOver(old)) this.executions.delete(id);
    }
  }

  private runNext(): void {
    if (this.running >= MAX_RUNNING) return;
    const execution = this.queue.shift();
    if (!execution) return;
    this.running++;
    execution.state = 'RUNNING';
    execution.startedAtMs = Date.now();
    void this.run(execution).then(() => {
      this.running--;
      this.runNext();
    });
  }

  private async run(execution: Execution): Promise<void> {
    try {
      const result = await this.answer(execution);
      await this.keep(execution, result);
      if (isOver(execution)) return;
      execution.result = result;
      execution.scannedBytes = result.scannedBytes;
      execution.state = 'SUCCEEDED';
    } catch (error) {
      if (isOver(execution)) return;
      this.fail(execution, error);
    }
    execution.completedAtMs = Date.now();
    this.measure(execution);
  }

  private fail(execution: Execution, error: unknown): void {
    if (error instanceof ScanLimitExceeded) {
      execution.state = 'CANCELLED';
      execution.cancelReason = error.message;
      execution.scannedBytes = error.limitBytes;
      return;
    }
    execution.failure = failureOf(error);
    execution.state = 'FAILED';
  }

  private async answer(execution: Execution): Promise<ResultSet> {
    const { statement, workGroup } = execution;
    const { engine, cache, glue } = this.ports;
    if (statement.type === 'UTILITY') return statement.answer();
    if (statement.type === 'DDL') {
      statement.change(statement.query ? await engine.columnsOf(statement.query(), glue) : []);
      return NOTHING;
    }
    const ports = { glue, cache, nowMs: Date.now(), maxBytes: workGroup.scanLimitBytes };
    const query = engine.run(statement.query(), ports);
    execution.interrupt = query.interrupt;
    const timer = setTimeout(() => this.expire(execution), this.ports.timeoutMs);
    return await query.result.finally(() => clearTimeout(timer));
  }

  private expire(execution: Execution): void {
    if (isOver(execution)) return;
    const limit = `${this.ports.timeoutMs / 1000} seconds`;
    execution.failure = new QueryFailure('EXCEEDED_TIME_LIMIT', `Query exceeded the local time limit of ${limit}`);
    execution.state = 'FAILED';
    execution.completedAtMs = Date.now();
    execution.interrupt();
    this.measure(execution);
  }

  private async keep(execution: Execution, result: ResultSet): Promise<void> {
    if (!execution.output || isOver(execution)) return;
    const { bucket, key } = execution.output;
    const Body = Buffer.from(resultFile({ ...execution, result }));
    try {
      await this.ports.s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/octet-stream' }),
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw Object.assign(
        new QueryFailure('PERMISSION_DENIED', `Unable to write the results to s3://${bucket}/${key}: ${reason}`),
        { cause },
      );
    }
  }

  private measure(execution: Execution): void {
    const { workGroup, state, statement, submittedAtMs, completedAtMs = 0, startedAtMs = 0, scannedBytes } = execution;
    if (!workGroup.publishesMetrics) return;
    const dimensions = { WorkGroup: workGroup.name, QueryState: state, QueryType: statement.type };
    const { metric } = this.ports.context;
    metric('AWS/Athena', 'TotalExecutionTime', dimensions, completedAtMs - submittedAtMs);
    metric('AWS/Athena', 'EngineExecutionTime', dimensions, completedAtMs - startedAtMs);
    metric('AWS/Athena', 'QueryQueueTime', dimensions, startedAtMs - submittedAtMs);
    metric('AWS/Athena', 'ProcessedBytes', dimensions, scannedBytes);
  }
}
