import type { Catalogue, GlueTable } from '../glue.ts';
import type { ResultSet } from './engine.ts';
import { MalformedQuery, QueryFailure } from './failure.ts';
import { prestoView } from './relations.ts';
import { CATALOG } from './rewrite.ts';
import { type Translated, translate } from './translate.ts';

/** A statement ready to run. */
export type Statement =
  | { readonly type: 'DML'; readonly substatement: 'SELECT'; readonly query: () => Translated }
  | { readonly type: 'UTILITY'; readonly substatement: string; readonly answer: () => ResultSet };

interface Scope {
  readonly glue: Catalogue;
  readonly database: string;
}

/** One line of text a row, without a header, as Athena answers these statements. */
const lines = (name: string, texts: readonly string[]): ResultSet => ({
  columns: [{ name, type: 'string', precision: 0, scale: 0 }],
  rows: texts.map((text) => [text]),
  scannedBytes: 0,
});

const padded = (text: string) => text.padEnd(20);

function tableNamed(name: string, { glue, database }: Scope): GlueTable {
  const parts = name.replaceAll(/["`]/g, '').toLowerCase().split('.');
  const table = parts.pop() ?? '';
  const schema = parts.pop() ?? database;
  const found = glue.table(schema, table);
  if (!found) throw new QueryFailure('TABLE_NOT_FOUND', `Table '${CATALOG}.${schema}.${table}' does not exist`);
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
    new RegExp(`^SHOW\\s+COLUMNS\\s+(?:IN|FROM)\\s+${NAME}$`, 'i'),
    'SHOW_COLUMNS',
    (scope, name = '') => {
      const table = tableNamed(name, scope);
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
    new RegExp(`^DESC(?:RIBE)?\\s+(?!OUTPUT\\b|INPUT\\b)${NAME}$`, 'i'),
    'DESCRIBE_TABLE',
    (scope, name = '') => lines('col_name', describe(tableNamed(name, scope))),
  ],
];

/** Tells what a statement is. A query is translated at once, so that what Athena would not start is not started.
 *  @throws MalformedQuery when Athena would refuse to start it, or this emulation does not know the statement */
export function readStatement(sql: string, scope: Scope): Statement {
  const text = sql.trim().replace(/;\s*$/, '').trim();
  if (text === '') throw new MalformedQuery('Query string is empty');
  for (const [form, substatement, answer] of ABOUT) {
    const found = form.exec(text);
    if (found) return { type: 'UTILITY', substatement, answer: () => answer(scope, ...found.slice(1)) };
  }
  try {
    const translated = translate(text, scope.database);
    return { type: 'DML', substatement: 'SELECT', query: () => translated };
  } catch (error) {
    if (error instanceof MalformedQuery) throw error;
    const query = () => {
      throw error;
    };
    return { type: 'DML', substatement: 'SELECT', query };
  }
}
