import type { Catalogue, GlueColumn, GlueTable } from '../glue.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { invalid, listPage, required } from './requests.ts';

const NAME = 'AwsDataCatalog';
const missing = (what: string) => new ServiceError('MetadataException', `${what} not found.`);

function checkCatalog(name: unknown): void {
  if (required('CatalogName', name).toLowerCase() !== NAME.toLowerCase())
    throw invalid(`Catalog ${name} is not emulated`);
}

function matching(expression: string): RegExp {
  try {
    return new RegExp(`^(?:${expression})$`, 'i');
  } catch {
    throw invalid(`Expression ${expression} is no regular expression`);
  }
}

const describeColumn = ({ name, type, comment }: GlueColumn) => ({ Name: name, Type: type, Comment: comment });

function describeTable(table: GlueTable) {
  const { InputFormat, OutputFormat } = (table.input.StorageDescriptor ?? {}) as Record<string, string | undefined>;
  const storage = {
    inputformat: InputFormat,
    outputformat: OutputFormat,
    location: table.location,
    'serde.serialization.lib': table.serde.library,
    ...Object.fromEntries(Object.entries(table.serde.parameters).map(([key, text]) => [`serde.param.${key}`, text])),
  };
  return {
    Name: table.name,
    CreateTime: table.createdAtMs / 1000,
    TableType: table.kind === 'view' ? 'VIRTUAL_VIEW' : 'EXTERNAL_TABLE',
    Columns: table.columns.map(describeColumn),
    PartitionKeys: table.partitionKeys.map(describeColumn),
    Parameters: { ...table.parameters, ...storage },
  };
}

/** Athena's operations on the catalogue, which is Glue's. */
export function catalogOperations(glue: Catalogue): Operations {
  const tablesOf = (database: unknown): readonly GlueTable[] => {
    const found = glue.tables(required('DatabaseName', database));
    if (!found) throw missing(`Database ${database}`);
    return found;
  };
  const describeDatabase = (name: string) => ({ Name: name, Parameters: {} });
  return {
    ListDataCatalogs: () => ({ DataCatalogsSummary: [{ CatalogName: NAME, Type: 'GLUE' }] }),
    GetDataCatalog: ({ Name }) => {
      checkCatalog(Name);
      return { DataCatalog: { Name: NAME, Type: 'GLUE', Parameters: {} } };
    },
    ListDatabases: ({ CatalogName, ...paging }) => {
      checkCatalog(CatalogName);
      const { items, NextToken } = listPage([...glue.databases()].sort(), paging);
      return { DatabaseList: items.map(describeDatabase), NextToken };
    },
    GetDatabase: ({ CatalogName, DatabaseName }) => {
      checkCatalog(CatalogName);
      tablesOf(DatabaseName);
      return { Database: describeDatabase(String(DatabaseName).toLowerCase()) };
    },
    ListTableMetadata: ({ CatalogName, DatabaseName, Expression = '', ...paging }) => {
      checkCatalog(CatalogName);
      const matches = matching(Expression || '.*');
      const named = tablesOf(DatabaseName).filter(({ name }) => matches.test(name));
      const { items, NextToken } = listPage(named, paging);
      return { TableMetadataList: items.map(describeTable), NextToken };
    },
    GetTableMetadata: ({ CatalogName, DatabaseName, TableName }) => {
      checkCatalog(CatalogName);
      tablesOf(DatabaseName);
      const table = glue.table(String(DatabaseName), required('TableName', TableName));
      if (!table) throw missing(`Table ${TableName} in ${DatabaseName}`);
      return { TableMetadata: describeTable(table) };
    },
  };
}
