import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AthenaClient, GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { runQuery } from '../../cli/athena.ts';
import type { StageOutputs } from '../../cli/outputs.ts';
import type { Target } from '../../cli/target.ts';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import type { Evidence, ViewFile } from './verdict.ts';

const POLL_MS = 100;

/** The lake as a user of Athena and S3 sees it. */
export class Lake {
  readonly #athena: AthenaClient;
  readonly #s3: S3Client;
  readonly #outputs: StageOutputs;

  constructor(target: Target, outputs: StageOutputs) {
    this.#athena = new AthenaClient(target.client);
    this.#s3 = new S3Client({ ...target.client, forcePathStyle: true });
    this.#outputs = outputs;
  }

  /** Copies the views of tables and the quarantine into a directory. */
  async collect(tables: readonly LakeTable[], directory: string): Promise<Pick<Evidence, 'views' | 'quarantine'>> {
    const views: ViewFile[] = [];
    for (const table of tables) {
      const columns = comparedColumns(table);
      const sql = `SELECT ${columns.map((name) => `"${name}"`).join(', ')} FROM ${table.name}`;
      views.push({ table: table.name, columns, file: await this.#csv(sql, join(directory, `${table.name}.csv`)) });
    }
    const quarantine = await this.#csv('SELECT reason, payload FROM quarantine', join(directory, 'quarantine.csv'));
    return { views, quarantine };
  }

  /** Rows of tables as they lie in S3, copies included. */
  async rows(tables: readonly LakeTable[]): Promise<Readonly<Record<string, number>>> {
    const selects = tables.map(({ name }) => `SELECT '${name}', count(*) FROM ${name}_rows`);
    const options = { athena: this.#athena, outputs: this.#outputs };
    const { rows } = await runQuery(selects.join(' UNION ALL '), options);
    return Object.fromEntries(rows.map(([name, count]) => [String(name), Number(count)]));
  }

  /** A sentence about the objects of what Firehose or the mapping could not deliver, if there are any. */
  async undelivered(): Promise<readonly string[]> {
    const keys: string[] = [];
    for (const Prefix of ['errors/', 'aws/lambda/']) {
      const pages = paginateListObjectsV2({ client: this.#s3 }, { Bucket: this.#outputs.bucketName, Prefix });
      for await (const { Contents = [] } of pages) keys.push(...Contents.map(({ Key = '' }) => Key));
    }
    return keys.length === 0 ? [] : [`${keys.length} objects were not delivered, e.g. ${keys[0]}`];
  }

  close(): void {
    this.#athena.destroy();
    this.#s3.destroy();
  }

  /** Runs a query and copies the CSV that Athena writes: pages of the API would take minutes for as many rows. */
  async #csv(sql: string, path: string): Promise<string> {
    const { workgroupName: WorkGroup, databaseName: Database } = this.#outputs;
    const { QueryExecutionId } = await this.#athena.send(
      new StartQueryExecutionCommand({ QueryString: sql, WorkGroup, QueryExecutionContext: { Database } }),
    );
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(await this.#result(QueryExecutionId)) ?? [];
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket, Key }));
    await pipeline(Body as Readable, createWriteStream(path));
    return path;
  }

  async #result(QueryExecutionId: string | undefined): Promise<string> {
    for (;;) {
      const { QueryExecution } = await this.#athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      const { State, StateChangeReason } = QueryExecution?.Status ?? {};
      if (State === 'SUCCEEDED') return QueryExecution?.ResultConfiguration?.OutputLocation ?? '';
      if (State === 'FAILED' || State === 'CANCELLED') throw new Error(`the query ${State}: ${StateChangeReason}`);
      await pause(POLL_MS);
    }
  }
}

/** What a view shows of the events themselves: where in the stream a row came from differs from run to run. */
export function comparedColumns({ columns, partition }: LakeTable): readonly string[] {
  const names = columns.map(({ name }) => name).filter((name) => name !== 'shard_id' && name !== 'sequence_number');
  return partition.by === 'event-day' ? [...names, 'event_day'] : names;
}
