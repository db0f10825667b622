import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Catalogue } from '../glue.ts';
import { failureOf, QueryFailure, ScanLimitExceeded } from './failure.ts';
import { macroStatements } from './functions.ts';
import type { ObjectCache } from './objects.ts';
import { makeRelations, type RelationPorts } from './relations.ts';
import { registerScalars } from './scalars.ts';
import type { Translated } from './translate.ts';
import { printValue, type ResultColumn, resultColumn } from './values.ts';

/** A value's text; undefined for null. */
export type ResultRow = readonly (string | undefined)[];

export interface ResultSet {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly ResultRow[];
  /** Bytes of all objects behind the tables of the query: at least what Athena would scan. */
  readonly scannedBytes: number;
}

export interface RunningQuery {
  readonly result: Promise<ResultSet>;
  /** Makes `result` reject, soon. */
  interrupt(): void;
}

export interface Engine {
  /** Directory the engine may read; nothing else of this machine is open to a query. */
  readonly cacheDir: string;
  run(query: Translated, ports: RelationPorts): RunningQuery;
  /** The columns a query would give; reads no object. */
  columnsOf(query: Translated, glue: Catalogue): Promise<readonly ResultColumn[]>;
  close(): Promise<void>;
}

/** Rows and characters of a result that are kept in memory. */
const MAX_ROWS = 1_000_000;
const MAX_CHARACTERS = 256 * 1024 * 1024;
const INTERRUPT_EVERY_MS = 20;
/** Gives tables their columns and no rows. */
const EMPTY_CACHE: ObjectCache = { list: async () => ({ bytes: 0, fetch: async () => [] }) };

/** Makes DuckDB behave like Trino where a setting can, and shuts it in: no extensions, no network, no files but those
 *  in the cache. The settings are then locked. */
async function openInstance(cacheDir: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: join(cacheDir, 'spill'),
  });
  const connection = await instance.connect();
  const settings = [
    "SET GLOBAL TimeZone = 'UTC'",
    'SET GLOBAL ieee_floating_point_ops = true',
    "SET GLOBAL lambda_syntax = 'ENABLE_SINGLE_ARROW'",
    `SET GLOBAL allowed_directories = ['${cacheDir.replaceAll("'", "''")}/']`,
    'SET GLOBAL enable_external_access = false',
    'SET GLOBAL lock_configuration = true',
  ];
  registerScalars(connection);
  for (const statement of [...macroStatements(), ...settings]) await connection.run(statement);
  connection.closeSync();
  return instance;
}

async function read(connection: DuckDBConnection, sql: string): Promise<Omit<ResultSet, 'scannedBytes'>> {
  const result = await connection.stream(sql);
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, index) => {
    // A column the query gave no name: Trino numbers it by its place in the result
    const unnamed = /^_col\d+$/.test(name);
    return resultColumn(unnamed ? `_col${index}` : name, types[index] as (typeof types)[number]);
  });
  const rows: ResultRow[] = [];
  let characters = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const row of chunk.getRows()) {
      const printed = row.map((value, index) => printValue(value, types[index] as (typeof types)[number]));
      for (const text of printed) characters += text?.length ?? 0;
      rows.push(printed);
    }
    if (rows.length > MAX_ROWS || characters > MAX_CHARACTERS) {
      throw new QueryFailure(
        'EXCEEDED_LOCAL_LIMIT',
        `Results of more than ${MAX_ROWS} rows or ${MAX_CHARACTERS} characters are not emulated locally; add a LIMIT`,
      );
    }
  }
  return { columns, rows };
}

/** Opens the SQL engine: one DuckDB for all queries, a connection with its own views for each. */
export async function openEngine(directory: string): Promise<Engine> {
  await mkdir(directory, { recursive: true });
  const instance = await openInstance(directory);
  const running = new Set<Promise<unknown>>();

  const run = (query: Translated, ports: RelationPorts): RunningQuery => {
    let connection: DuckDBConnection | undefined;
    const abort = new AbortController();
    const work = async (): Promise<ResultSet> => {
      connection = await instance.connect();
      try {
        const scannedBytes = await makeRelations(connection, query.tables, ports, abort.signal);
        if (abort.signal.aborted) throw new QueryFailure('USER_CANCELED', 'Query cancelled');
        return { ...(await read(connection, query.sql)), scannedBytes };
      } catch (error) {
        throw error instanceof ScanLimitExceeded ? error : failureOf(error);
      } finally {
        connection.closeSync();
        connection = undefined;
      }
    };
    const result = work();
    const settled = result.then(
      () => {},
      () => {},
    );
    running.add(settled);
    void settled.then(() => running.delete(settled));
    return {
      result,
      interrupt: () => {
        abort.abort();
        connection?.interrupt();
        // An interruption between two statements has no effect, so it is repeated until the query has ended
        const again = setInterval(() => connection?.interrupt(), INTERRUPT_EVERY_MS);
        void settled.then(() => clearInterval(again));
      },
    };
  };
  const columnsOf = async ({ sql, tables }: Translated, glue: Catalogue): Promise<readonly ResultColumn[]> => {
    const connection = await instance.connect();
    try {
      const ports = { glue, cache: EMPTY_CACHE, nowMs: 0, maxBytes: undefined };
      await makeRelations(connection, tables, ports, new AbortController().signal);
      const prepared = await connection.prepare(sql);
      return Array.from({ length: prepared.columnCount }, (_, index) =>
        resultColumn(prepared.columnName(index), prepared.columnType(index)),
      );
    } catch (error) {
      throw failureOf(error);
    } finally {
      connection.closeSync();
    }
  };
  return {
    cacheDir: directory,
    run,
    columnsOf,
    close: async () => {
      await Promise.all(running);
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
