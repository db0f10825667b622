import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { EVENT_COLUMNS, EXPECTED } from './expected.ts';

/** Files of a run, to be compared. */
export interface Evidence {
  /** Events that were put, each once, as newline-delimited JSON. */
  readonly eventsFile: string;
  /** Payloads that no pipeline can read and the reasons why, as newline-delimited JSON. */
  readonly badFile: string;
  readonly views: readonly ViewFile[];
  /** CSV of the payloads and reasons in quarantine. */
  readonly quarantine: string;
}

/** A view of the lake as CSV, as Athena leaves it in S3. */
export interface ViewFile {
  readonly table: string;
  readonly file: string;
  readonly columns: readonly string[];
}

/** Rows named in a fault. */
const EXAMPLES = 3;

/** What is wrong with the outcome, as sentences; none when the lake holds just what was put. */
export async function faultsOf(evidence: Evidence): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    const columns = Object.entries(EVENT_COLUMNS).map(([name, type]) => `${name}: ${text(type)}`);
    await connection.run(
      `CREATE TABLE events AS FROM read_json(${text(evidence.eventsFile)}, format = 'newline_delimited',
         columns = {${columns.join(', ')}})`,
    );
    const faults: string[] = [];
    for (const view of evidence.views) faults.push(...(await ofView(connection, view)));
    return [...faults, ...(await ofQuarantine(connection, evidence))];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function ofView(connection: DuckDBConnection, { table, file, columns }: ViewFile): Promise<readonly string[]> {
  const sql = EXPECTED[table];
  if (sql === undefined) return [`${table}: test/torture/expected.ts does not say what must be in it`];
  await connection.run(`CREATE OR REPLACE TABLE expected AS ${sql}`);
  const names = (await rows(connection, "SELECT name FROM pragma_table_info('expected')")).map(([name]) =>
    String(name),
  );
  if (names.join() !== columns.join()) return [`${table}: has the columns ${columns}; expected ${names}`];
  await loadCsv(connection, 'found', file, names);
  const missing = await difference(connection, `${table}: missing`, 'FROM expected EXCEPT ALL FROM found');
  const extra = await difference(
    connection,
    `${table}: not put, or there twice`,
    'FROM found EXCEPT ALL FROM expected',
  );
  const isWrong = missing.length + extra.length > 0;
  return [...missing, ...extra, ...(isWrong ? await wrongColumns(connection, table, names) : [])];
}

/** In which columns rows of the same event differ. */
async function wrongColumns(
  connection: DuckDBConnection,
  table: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const counts = names.map((name) => `count(*) FILTER (expected."${name}" IS DISTINCT FROM found."${name}")`);
  const [row = []] = await rows(
    connection,
    `SELECT ${counts.join(', ')} FROM expected JOIN found USING (event_id, event_source)`,
  );
  return names.flatMap((name, i) => (Number(row[i]) > 0 ? [`${table}: ${row[i]} wrong values in column ${name}`] : []));
}

/** A bad record has no id, so the producer's own retry may have put it twice: each is to be there at least once. */
async function ofQuarantine(
  connection: DuckDBConnection,
  { badFile, quarantine }: Evidence,
): Promise<readonly string[]> {
  const columns = "{reason: 'VARCHAR', payload: 'VARCHAR'}";
  await connection.run(
    `CREATE TABLE bad AS FROM read_json(${text(badFile)}, format = 'newline_delimited', columns = ${columns})`,
  );
  await loadCsv(connection, 'quarantined', quarantine, ['reason', 'payload']);
  return [
    ...(await difference(connection, 'quarantine: missing', 'FROM bad EXCEPT FROM quarantined')),
    ...(await difference(connection, 'quarantine: should not be there', 'FROM quarantined EXCEPT FROM bad')),
  ];
}

/** One sentence about the rows a query gives; none when it gives none. */
async function difference(connection: DuckDBConnection, what: string, query: string): Promise<readonly string[]> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE difference AS ${query}`);
  const [[count = 0] = []] = await rows(connection, 'SELECT count(*) FROM difference');
  if (Number(count) === 0) return [];
  const examples = await rows(connection, `SELECT to_json(difference) FROM difference ORDER BY 1 LIMIT ${EXAMPLES}`);
  return [`${what}: ${count}, e.g. ${examples.map(([example]) => example).join(' ')}`];
}

/** Athena quotes every value that is not null. */
async function loadCsv(
  connection: DuckDBConnection,
  table: string,
  file: string,
  names: readonly string[],
): Promise<void> {
  const columns = names.map((name) => `"${name}": 'VARCHAR'`).join(', ');
  await connection.run(
    `CREATE OR REPLACE TABLE ${table} AS FROM read_csv(${text(file)}, header = true, delim = ',', quote = '"', escape = '"',
       columns = {${columns}}, allow_quoted_nulls = false, auto_detect = false)`,
  );
}

async function rows(connection: DuckDBConnection, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await connection.runAndReadAll(sql)).getRows();
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
