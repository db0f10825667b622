import { type Operations, ServiceError } from '../json-api.ts';
import { describeExecution, resultPage } from './execution.ts';
import type { Queries } from './queries.ts';
import type { WorkGroup } from './workgroup.ts';

/** A query kept in a workgroup. */
export interface NamedQuery {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly database: string;
  readonly sql: string;
  readonly workGroup: string;
}

/** Rows of a page of results, and names of a page of a list, at most. */
const MAX_RESULTS = 1000;
const MAX_LISTED = 50;

const invalid = (message: string) => new ServiceError('InvalidRequestException', message);

function sizeOf(given: unknown, most: number): number {
  if (given === undefined) return most;
  if (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= most) return Number(given);
  throw invalid(`MaxResults must be between 1 and ${most}, found ${given}`);
}

const tokenOf = (next: number | undefined) =>
  next === undefined ? undefined : Buffer.from(`row ${next}`).toString('base64');

function startOf(token: unknown): number {
  if (token === undefined) return 0;
  const found = /^row (\d+)$/.exec(Buffer.from(String(token), 'base64').toString());
  if (!found) throw invalid('The NextToken is invalid');
  return Number(found[1]);
}

function listPage<T>(items: readonly T[], { MaxResults, NextToken }: { MaxResults?: number; NextToken?: string }) {
  const from = startOf(NextToken);
  const to = from + sizeOf(MaxResults, MAX_LISTED);
  return { items: items.slice(from, to), NextToken: tokenOf(to < items.length ? to : undefined) };
}

const describeQuery = (query: NamedQuery) => ({
  NamedQueryId: query.id,
  Name: query.name,
  Description: query.description,
  Database: query.database,
  QueryString: query.sql,
  WorkGroup: query.workGroup,
});

const summary = ({ name, description, createdAtMs }: WorkGroup) => ({
  Name: name,
  State: 'ENABLED',
  Description: description,
  CreationTime: createdAtMs / 1000,
  EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
});

export interface AthenaState {
  readonly workGroups: ReadonlyMap<string, WorkGroup>;
  readonly namedQueries: ReadonlyMap<string, NamedQuery>;
  readonly queries: Queries;
}

/** Athena's operations. */
export function athenaOperations({ workGroups, namedQueries, queries }: AthenaState): Operations {
  const workGroupNamed = (name: unknown = 'primary'): WorkGroup => {
    const found = workGroups.get(String(name));
    if (!found) throw invalid(`WorkGroup ${name} is not found.`);
    return found;
  };
  const queryNamed = (id: unknown): NamedQuery => {
    const found = namedQueries.get(String(id));
    if (!found) throw invalid(`NamedQuery ${id} was not found`);
    return found;
  };
  return {
    StartQueryExecution: ({ QueryString, QueryExecutionContext, WorkGroup, ResultConfiguration }) => {
      if (typeof QueryString !== 'string') throw invalid('QueryString is required');
      const catalog = QueryExecutionContext?.Catalog ?? 'AwsDataCatalog';
      if (String(catalog).toLowerCase() !== 'awsdatacatalog') throw invalid(`Catalog ${catalog} is not emulated`);
      const { id } = queries.start({
        sql: QueryString,
        database: String(QueryExecutionContext?.Database ?? 'default').toLowerCase(),
        workGroup: workGroupNamed(WorkGroup),
        outputLocation: ResultConfiguration?.OutputLocation,
      });
      return { QueryExecutionId: id };
    },
    GetQueryExecution: ({ QueryExecutionId }) => ({ QueryExecution: describeExecution(queries.get(QueryExecutionId)) }),
    BatchGetQueryExecution: ({ QueryExecutionIds = [] }) => ({
      QueryExecutions: QueryExecutionIds.map((id: unknown) => describeExecution(queries.get(id))),
      UnprocessedQueryExecutionIds: [],
    }),
    GetQueryResults: ({ QueryExecutionId, MaxResults, NextToken }) => {
      const execution = queries.get(QueryExecutionId);
      if (execution.state !== 'SUCCEEDED') {
        throw invalid(`Query did not finish successfully. Final query state: ${execution.state}`);
      }
      const { next, ...page } = resultPage(execution, startOf(NextToken), sizeOf(MaxResults, MAX_RESULTS));
      return { ...page, NextToken: tokenOf(next) };
    },
    StopQueryExecution: ({ QueryExecutionId }) => {
      queries.stop(QueryExecutionId);
      return {};
    },
    ListNamedQueries: ({ WorkGroup = 'primary', ...paging }) => {
      const ids = [...namedQueries.values()].filter(({ workGroup }) => workGroup === WorkGroup).map(({ id }) => id);
      const { items, NextToken } = listPage(ids, paging);
      return { NamedQueryIds: items, NextToken };
    },
    GetNamedQuery: ({ NamedQueryId }) => ({ NamedQuery: describeQuery(queryNamed(NamedQueryId)) }),
    BatchGetNamedQuery: ({ NamedQueryIds = [] }) => ({
      NamedQueries: NamedQueryIds.filter((id: string) => namedQueries.has(id)).map((id: string) =>
        describeQuery(queryNamed(id)),
      ),
      UnprocessedNamedQueryIds: NamedQueryIds.filter((id: string) => !namedQueries.has(id)).map(
        (NamedQueryId: string) => ({ NamedQueryId }),
      ),
    }),
    ListWorkGroups: (paging) => {
      const { items, NextToken } = listPage([...workGroups.values()], paging);
      return { WorkGroups: items.map(summary), NextToken };
    },
    GetWorkGroup: ({ WorkGroup }) => {
      const found = workGroupNamed(WorkGroup);
      return { WorkGroup: { ...summary(found), Configuration: found.configuration } };
    },
  };
}
