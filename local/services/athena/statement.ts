import type { Catalogue, GlueTable } from '../glue.ts';
import type { ResultSet } from './engine.ts';
import { MalformedQuery, QueryFailure } from './failure.ts';
import { bindParameters, splitList } from './parameters.ts';
import type { PreparedStatements } from './prepared.ts';
import { CATALOG } from './rewrite.ts';
import { catalogued, type Translated, translate } from './translate.ts';
import type { ResultColumn } from './values.ts';
import { createView, dropView, prestoView } from './views.ts';

/** A statement ready to run. */
export type Statement =
  | { readonly type: 'DML'; readonly substatement: 'SELECT'; readonly query: () => Translated }
  | { readonly type: 'UTILITY'; readonly substatement: string; readonly answer: () => ResultSet }
  | {
      readonly type: 'DDL';
      readonly substatement: string;
      /** Whose columns the change is made of. */
      readonly query: (() => Translated) | undefined;
      readonly change: (columns: readonly ResultColumn[]) => void;
    };

interface Scope {
  readonly glue: Catalogue;
  readonly prepared: PreparedStatements;
  readonly workGroup: string;
  readonly database: string;
  /** Values for the question marks. */
  readonly parameters: readonly string[];
}

/** One line of text a row, without a header, as Athena answers these statements. */
const lines = (name: string, texts: readonly string[]): ResultSet => ({
  columns: [{ name, type: 'string', precision: 0, scale: 0, hiveType: 'string' }],
  rows: texts.map((text) => [text]),
  scannedBytes: 0,
});

const padded = (text: string) => text.padEnd(20);

function resolved(text: string, { database }: Scope): { database: string; name: string } {
  const parts = text.replaceAll(/["`]/g, '').toLowerCase().split('.');
  return { name: parts.pop() ?? '', database: parts.pop() ?? database };
}

function tableNamed(text: string, scope: Scope): GlueTable {
  const { database, name } = resolved(text, scope);
  const found = scope.glue.table(database, name);
  if (!found) throw new QueryFailure('TABLE_NOT_FOUND', `Table '${CATALOG}.${database}.${name}' does not exist`);
  return found;
}

function tablesIn(name: string | undefined, { glue, database }: Scope): readonly GlueTable[] {
  const schema = (name ?? database).replaceAll(/["`]/g, '').toLowerCase();
  const found = glue.tables(schema);
  if (!found) throw new QueryFailure('SCHEMA_NOT_FOUND', `Schema '${schema}' does not exist`);
  return found;
}

/** Athena's pattern of names: `*` is any text, `|` is or. */
const matching = (names: readonly string[], pattern: string | undefined): string[] => {
  if (pattern === undefined) return [...names].sort();
  const expression = new RegExp(`^(?:${pattern.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*')})$`, 'i');
  return names.filter((name) => expression.test(name)).sort();
};

const describe = (table: GlueTable): string[] => {
  const column = ({ name, type, comment }: GlueTable['columns'][number]) =>
    `${padded(name)}\t${padded(type)}\t${padded(comment)}`;
  const columns = [...table.columns, ...table.partitionKeys].map(column);
  if (table.partitionKeys.length === 0) return columns;
  const head = [
    '\t \t ',
    '# Partition Information\t \t ',
    `${padded('# col_name')}\t${padded('data_type')}\t${padded('comment')}`,
    '\t \t ',
  ];
  return [...columns, ...head, ...table.partitionKeys.map(column)];
};

const NAME = '((?:[\\w"`-]+\\.)*[\\w"`-]+)';

/** Statements about the catalogue, by their form: the groups of the form go to the answer. */
const ABOUT: readonly (readonly [
  form: RegExp,
  substatement: string,
  answer: (scope: Scope, ...groups: (string | undefined)[]) => ResultSet,
])[] = [
  [
    /^SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+LIKE\s+'([^']*)')?$/i,
    'SHOW_DATABASES',
    ({ glue }, pattern) => lines('database_name', matching(glue.databases(), pattern)),
  ],
  [
    new RegExp(`^SHOW\\s+TABLES(?:\\s+IN\\s+${NAME})?(?:\\s+'([^']*)')?$`, 'i'),
    'SHOW_TABLES',
    (scope, database, pattern) =>
      lines(
        'tab_name',
        matching(
          tablesIn(database, scope).map(({ name }) => name),
          pattern,
        ),
      ),
  ],
  [
    new RegExp(`^SHOW\\s+VIEWS(?:\\s+IN\\s+${NAME})?(?:\\s+LIKE\\s+'([^']*)')?$`, 'i'),
    'SHOW_VIEWS',
    (scope, database, pattern) =>
      lines(
        'views',
        matching(
          tablesIn(database, scope)
            .filter(({ kind }) => kind === 'view')
            .map(({ name }) => name),
          pattern,
        ),
      ),
  ],
  [
    new RegExp(`^SHOW\\s+COLUMNS\\s+(?:IN|FROM)\\s+${NAME}(?:\\s+(?:IN|FROM)\\s+${NAME})?$`, 'i'),
    'SHOW_COLUMNS',
    (scope, name = '', database?: string) => {
      const table = tableNamed(database ? `${database}.${name}` : name, scope);
      return lines(
        'field',
        [...table.columns, ...table.partitionKeys].map((column) => padded(column.name)),
      );
    },
  ],
  // Projected partitions are not in the catalogue
  [
    new RegExp(`^SHOW\\s+PARTITIONS\\s+${NAME}$`, 'i'),
    'SHOW_PARTITIONS',
    (scope, name = '') => lines('partition', tableNamed(name, scope) ? [] : []),
  ],
  [
    new RegExp(`^SHOW\\s+CREATE\\s+VIEW\\s+${NAME}$`, 'i'),
    'SHOW_CREATE_VIEW',
    (scope, name = '') => {
      const view = tableNamed(name, scope);
      if (view.kind !== 'view')
        throw new QueryFailure('NOT_SUPPORTED', `Relation '${view.name}' is a table, not a view`);
      return lines(
        'Create View',
        `CREATE VIEW ${CATALOG}.${view.database}.${view.name} AS\n${prestoView(view).originalSql}`.split('\n'),
      );
    },
  ],
  [
    new RegExp(`^DESC(?:RIBE)?\\s+(?!(?:OUTPUT|INPUT|EXTENDED|FORMATTED)\\b)${NAME}$`, 'i'),
    'DESCRIBE_TABLE',
    (scope, name = '') => lines('col_name', describe(tableNamed(name, scope))),
  ],
];

/** Statements that Athena knows and this emulation does not. */
const NOT_EMULATED =
  `EXPLAIN, CREATE (?:EXTERNAL )?TABLE, CREATE (?:DATABASE|SCHEMA), DROP TABLE, DROP (?:DATABASE|SCHEMA), ALTER \\w+,
  MSCK REPAIR TABLE, INSERT INTO, UPDATE, DELETE FROM, MERGE INTO, UNLOAD, VACUUM, OPTIMIZE, SHOW \\w+(?: \\w+)?, DESCRIBE \\w+`
    .split(',')
    .map((form) => new RegExp(`^(?:${form.trim().replaceAll(' ', '\\s+')})\\b`, 'i'));

const CREATE_VIEW = new RegExp(`^CREATE\\s+(OR\\s+REPLACE\\s+)?VIEW\\s+${NAME}\\s+AS\\s+([\\s\\S]+)$`, 'i');
const DROP_VIEW = new RegExp(`^DROP\\s+VIEW\\s+(IF\\s+EXISTS\\s+)?${NAME}$`, 'i');
const PREPARE = /^PREPARE\s+(\w+)\s+FROM\s+([\s\S]+)$/i;
const EXECUTE = /^EXECUTE\s+(\w+)(?:\s+USING\s+([\s\S]+))?$/i;
const DEALLOCATE = /^DEALLOCATE\s+PREPARE\s+(\w+)$/i;

/** A query, translated at once; what Athena would find out only when it runs is kept until then. */
function translated(sql: string, { database, glue }: Scope): () => Translated {
  try {
    const found = translate(sql, database, catalogued(glue));
    return () => found;
  } catch (error) {
    if (error instanceof MalformedQuery) throw error;
    return () => {
      throw error;
    };
  }
}

function aboutViews(text: string, scope: Scope): Statement | undefined {
  const create = CREATE_VIEW.exec(text);
  if (create) {
    const [, orReplace, name = '', sql = ''] = create;
    const view = { ...resolved(name, scope), orReplace: orReplace !== undefined, sql, schema: scope.database };
    return {
      type: 'DDL',
      substatement: 'CREATE_VIEW',
      query: translated(sql, scope),
      change: (columns) => createView(scope.glue, view, columns),
    };
  }
  const drop = DROP_VIEW.exec(text);
  if (!drop) return undefined;
  const { database, name } = resolved(drop[2] ?? '', scope);
  return {
    type: 'DDL',
    substatement: 'DROP_VIEW',
    query: undefined,
    change: () => dropView(scope.glue, database, name, drop[1] !== undefined),
  };
}

const done = (substatement: string, change: () => void): Statement => ({
  type: 'DDL',
  substatement,
  query: undefined,
  change,
});

const notPrepared = (name: string) =>
  new QueryFailure('NOT_FOUND', `PreparedStatement ${name} was not found in the workgroup`);

function aboutPrepared(text: string, { prepared, workGroup }: Scope): Statement | undefined {
  const [, name = '', sql = ''] = PREPARE.exec(text) ?? [];
  if (name) return done('PREPARE', () => prepared.put({ name, workGroup, sql, description: '' }));
  const [, gone = ''] = DEALLOCATE.exec(text) ?? [];
  if (!gone) return undefined;
  return done('DEALLOCATE_PREPARE', () => {
    if (!prepared.delete(workGroup, gone)) throw notPrepared(gone);
  });
}

/** The query a statement stands for, with its values in their places. */
function bound(text: string, { prepared, workGroup, parameters }: Scope): string {
  const execute = EXECUTE.exec(text);
  if (!execute) return bindParameters(text, parameters);
  const [, name = '', using] = execute;
  const statement = prepared.get(workGroup, name);
  if (!statement) throw new MalformedQuery(notPrepared(name).message);
  return bindParameters(statement.sql, using === undefined ? parameters : splitList(using));
}

/** Tells what a statement is. A query is translated at once, so that what Athena would not start is not started.
 *  @throws MalformedQuery when Athena would refuse to start it, or this emulation does not know the statement */
export function readStatement(sql: string, scope: Scope): Statement {
  const text = sql.trim().replace(/;\s*$/, '').trim();
  if (text === '') throw new MalformedQuery('Query string is empty');
  for (const [form, substatement, answer] of ABOUT) {
    const found = form.exec(text);
    if (found) return { type: 'UTILITY', substatement, answer: () => answer(scope, ...found.slice(1)) };
  }
  const about = aboutViews(text, scope) ?? aboutPrepared(text, scope);
  if (about) return about;
  const unknown = NOT_EMULATED.map((form) => form.exec(text)?.[0]).find((found) => found !== undefined);
  if (unknown) throw new MalformedQuery(`${unknown.toUpperCase().replaceAll(/\s+/g, ' ')} is not emulated locally`);
  return { type: 'DML', substatement: 'SELECT', query: translated(bound(text, scope), scope) };
}
