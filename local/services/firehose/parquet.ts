import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { duckType, type HiveType, quoteName, quoteText } from '../hive-type.ts';
import { exactJson } from './coerce.ts';

/** A column of the file to write. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: HiveType;
}

export interface ParquetWriter {
  /** Rows hold what `coerce.ts` makes: missing columns become null. Returns the file's bytes. */
  write(columns: readonly ParquetColumn[], rows: Iterable<unknown>, compression: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** Firehose takes rows up to about 32 MB; escapes make the JSON text longer. */
const MAX_ROW_BYTES = 128 * 1024 * 1024;
const CHUNK_CHARACTERS = 1024 * 1024;

async function writeLines(path: string, rows: Iterable<unknown>): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let chunk = '';
    for (const row of rows) {
      chunk += `${exactJson(row)}\n`;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      await file.appendFile(chunk);
      chunk = '';
    }
    await file.appendFile(chunk);
  } finally {
    await file.close();
  }
}

async function copy(
  connection: DuckDBConnection,
  columns: readonly ParquetColumn[],
  from: string,
  to: string,
  codec: string,
) {
  const types = columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(duckType(type))}`).join(', ');
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  await connection.run(
    `COPY (SELECT ${names} FROM read_json(${quoteText(from)}, format = 'newline_delimited', columns = {${types}},
       maximum_object_size = ${MAX_ROW_BYTES})) TO ${quoteText(to)} (FORMAT parquet, COMPRESSION ${quoteText(codec)})`,
  );
}

/** Writes Parquet by DuckDB through scratch files under `scratchDir`. */
export async function openParquetWriter(scratchDir: string): Promise<ParquetWriter> {
  const directory = join(scratchDir, `firehose-${randomUUID()}`);
  await mkdir(directory, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '2',
  });
  const connection = await instance.connect();
  let last: Promise<unknown> = Promise.resolve();

  const write = async (
    columns: readonly ParquetColumn[],
    rows: Iterable<unknown>,
    compression: string,
  ): Promise<Buffer> => {
    const base = join(directory, randomUUID());
    try {
      await writeLines(`${base}.json`, rows);
      await copy(connection, columns, `${base}.json`, `${base}.parquet`, compression.toLowerCase());
      return await readFile(`${base}.parquet`);
    } finally {
      await Promise.all([rm(`${base}.json`, { force: true }), rm(`${base}.parquet`, { force: true })]);
    }
  };
  return {
    // One at a time: two files at once would only take memory from each other
    write: (columns, rows, compression) => {
      const written = last.then(() => write(columns, rows, compression));
      last = written.catch(() => {});
      return written;
    },
    close: async () => {
      await last;
      connection.closeSync();
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
