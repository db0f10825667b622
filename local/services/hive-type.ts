/** A column's type as Glue writes it. */
export type HiveType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'varchar' | 'char'; readonly length: number }
  | { readonly kind: 'array'; readonly element: HiveType }
  | { readonly kind: 'map'; readonly key: HiveType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, type: HiveType])[] };

/** Hive's scalar types and DuckDB's types of the same values. */
const SCALARS = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  binary: 'BLOB',
} as const;

export type ScalarKind = keyof typeof SCALARS;

/** Reads `struct<a:string,b:array<bigint>>` and the like. @throws Error naming the text that is no Hive type. */
export function parseHiveType(text: string): HiveType {
  const source = text.trim().toLowerCase();
  let at = 0;
  const fail = (): never => {
    throw new Error(`${JSON.stringify(text)} is not a Hive type known here`);
  };
  const take = (token: string) => {
    if (!source.startsWith(token, at)) fail();
    at += token.length;
  };
  const word = () => {
    const found = /^\s*([a-z0-9_]+)\s*/.exec(source.slice(at)) ?? fail();
    at += found[0].length;
    return found[1] as string;
  };
  const list = <T>(read: () => T): T[] => {
    const items = [read()];
    while (source[at] === ',') {
      at++;
      items.push(read());
    }
    return items;
  };
  const numbers = () => {
    take('(');
    const found = list(() => Number(word()));
    take(')');
    return found.every(Number.isInteger) ? found : fail();
  };
  const type = (): HiveType => {
    const name = word();
    if (Object.hasOwn(SCALARS, name)) return { kind: name as ScalarKind };
    if (name === 'decimal') {
      const [precision = 10, scale = 0] = source[at] === '(' ? numbers() : [];
      return { kind: 'decimal', precision, scale };
    }
    if (name === 'varchar' || name === 'char') return { kind: name, length: numbers()[0] ?? fail() };
    take('<');
    const nested = nestedType(name);
    take('>');
    return nested;
  };
  const nestedType = (name: string): HiveType => {
    if (name === 'array') return { kind: 'array', element: type() };
    if (name === 'map') {
      const key = type();
      take(',');
      return { kind: 'map', key, value: type() };
    }
    if (name !== 'struct') return fail();
    const field = (): [string, HiveType] => {
      const fieldName = word();
      take(':');
      return [fieldName, type()];
    };
    return { kind: 'struct', fields: list(field) };
  };
  const parsed = type();
  return at === source.length ? parsed : fail();
}

/** The DuckDB type that holds the same values. */
export function duckType(type: HiveType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'varchar':
    case 'char':
      return 'VARCHAR';
    case 'array':
      return `${duckType(type.element)}[]`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map(([name, field]) => `${quoteName(name)} ${duckType(field)}`).join(', ')})`;
    default:
      return SCALARS[type.kind];
  }
}

/** A name or path inside SQL. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
