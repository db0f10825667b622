import type { LocalService, Provisioned, Resource } from '../service.ts';
import { jsonApi, ServiceError } from './json-api.ts';

export interface GlueColumn {
  readonly name: string;
  /** Hive type, e.g. `struct<a:string>`. */
  readonly type: string;
  readonly comment: string;
}

/** A table or view of the catalogue. */
export interface GlueTable {
  readonly database: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly description: string;
  readonly columns: readonly GlueColumn[];
  readonly partitionKeys: readonly GlueColumn[];
  /** `s3://bucket/prefix/`; empty for a view. */
  readonly location: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** How the objects' bytes are read: the class and its properties. */
  readonly serde: { readonly library: string; readonly parameters: Readonly<Record<string, string>> };
  /** A view's text as the catalogue holds it: `/* Presto View: … *\/`. */
  readonly viewText: string;
  /** The `TableInput` the template gave. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
}

/** What Firehose and Athena ask the catalogue in process. Names are looked up without regard to case, as Glue does. */
export interface Catalogue {
  databases(): readonly string[];
  /** Undefined when the database is not there. */
  tables(database: string): readonly GlueTable[] | undefined;
  table(database: string, name: string): GlueTable | undefined;
  /** Makes or replaces a table or view; it lasts as long as the run. @throws ServiceError without the database. */
  putTable(database: string, input: TableInput): void;
  deleteTable(database: string, name: string): void;
}

export type Glue = LocalService & Catalogue;

interface Database {
  readonly name: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly tables: Map<string, GlueTable>;
}

// biome-ignore lint/suspicious/noExplicitAny: Glue's own shape
export type TableInput = Readonly<Record<string, any>>;

interface ColumnInput {
  readonly Name: string;
  readonly Type?: string;
  readonly Comment?: string;
}

const columns = (inputs: readonly ColumnInput[] | undefined): GlueColumn[] =>
  (inputs ?? []).map(({ Name, Type, Comment }) => ({
    name: Name.toLowerCase(),
    type: Type ?? 'string',
    comment: Comment ?? '',
  }));

function tableFrom(database: string, input: TableInput, logicalId: string): GlueTable {
  const type = String(input.TableType ?? 'EXTERNAL_TABLE');
  if (!input.Name) throw new Error(`${logicalId}: a Glue table needs TableInput.Name here`);
  if (type !== 'EXTERNAL_TABLE' && type !== 'VIRTUAL_VIEW')
    throw new Error(`${logicalId}: Glue table type ${type} is not emulated`);
  return {
    database,
    name: String(input.Name).toLowerCase(),
    kind: type === 'VIRTUAL_VIEW' ? 'view' : 'table',
    description: input.Description ?? '',
    columns: columns(input.StorageDescriptor?.Columns),
    partitionKeys: columns(input.PartitionKeys),
    location: input.StorageDescriptor?.Location ?? '',
    parameters: input.Parameters ?? {},
    serde: {
      library: input.StorageDescriptor?.SerdeInfo?.SerializationLibrary ?? '',
      parameters: input.StorageDescriptor?.SerdeInfo?.Parameters ?? {},
    },
    viewText: input.ViewOriginalText ?? '',
    input,
    createdAtMs: Date.now(),
  };
}

const described = (table: GlueTable) => ({
  ...table.input,
  Name: table.name,
  DatabaseName: table.database,
  CreateTime: table.createdAtMs / 1000,
  UpdateTime: table.createdAtMs / 1000,
  VersionId: '0',
});

/** The Glue data catalogue: databases, external tables and views of the template. Nothing is kept between runs; the
 *  template says it all. */
export function createGlue(): Glue {
  const databases = new Map<string, Database>();
  const databaseNamed = (name: unknown): Database => {
    const database = databases.get(String(name).toLowerCase());
    if (!database) throw new ServiceError('EntityNotFoundException', `Database ${name} not found.`);
    return database;
  };

  const makeDatabase = ({ properties, logicalId }: Resource): Provisioned => {
    const input = properties.DatabaseInput ?? {};
    const name = String(input.Name ?? logicalId).toLowerCase();
    databases.set(name, { name, description: input.Description ?? '', createdAtMs: Date.now(), tables: new Map() });
    return { ref: name, attributes: {} };
  };
  const makeTable = ({ properties, logicalId }: Resource): Provisioned => {
    const { name, tables } = databaseNamed(properties.DatabaseName);
    const table = tableFrom(name, properties.TableInput ?? {}, logicalId);
    tables.set(table.name, table);
    return { ref: table.name, attributes: {} };
  };

  const handle = jsonApi({
    GetDatabases: () => ({
      DatabaseList: [...databases.values()].map(({ name, description, createdAtMs }) => ({
        Name: name,
        Description: description,
        CreateTime: createdAtMs / 1000,
      })),
    }),
    GetTables: ({ DatabaseName }) => ({ TableList: [...databaseNamed(DatabaseName).tables.values()].map(described) }),
    GetTable: ({ DatabaseName, Name }) => {
      const table = databaseNamed(DatabaseName).tables.get(String(Name).toLowerCase());
      if (!table)
        throw new ServiceError('EntityNotFoundException', `Entity Not Found: table ${Name} in ${DatabaseName}`);
      return { Table: described(table) };
    },
  });

  return {
    scopes: ['glue'],
    provisions: { 'AWS::Glue::Database': makeDatabase, 'AWS::Glue::Table': makeTable },
    handle,
    close: async () => {},
    databases: () => [...databases.keys()],
    tables: (database) => {
      const found = databases.get(database.toLowerCase());
      return found && [...found.tables.values()];
    },
    table: (database, name) => databases.get(database.toLowerCase())?.tables.get(name.toLowerCase()),
    putTable: (database, input) => {
      const { name, tables } = databaseNamed(database);
      const table = tableFrom(name, input, String(input.Name));
      tables.set(table.name, table);
    },
    deleteTable: (database, name) => {
      databaseNamed(database).tables.delete(name.toLowerCase());
    },
  };
}
