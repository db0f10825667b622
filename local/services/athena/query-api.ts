import type { Operations } from '../json-api.ts';
import { describeExecution, resultPage } from './execution.ts';
import type { Queries } from './queries.ts';
import { type ClientTokens, invalid, listPage, lookUp, required, sizeOf, startOf, tokenOf } from './requests.ts';
import type { WorkGroup } from './workgroup.ts';

/** Rows of a page of results, at most. */
const MAX_RESULTS = 1000;

const notEmulated = (setting: string) => invalid(`${setting} is not emulated locally`);

/** Refuses the settings of a result that a workgroup leaves to the request and nothing here honours. */
function checkSettings(
  // biome-ignore lint/suspicious/noExplicitAny: Athena's own shapes
  { ResultConfiguration = {}, ResultReuseConfiguration, EngineConfiguration }: Record<string, any>,
  workGroup: WorkGroup,
): void {
  if (ResultReuseConfiguration?.ResultReuseByAgeConfiguration?.Enabled) throw notEmulated('ResultReuseConfiguration');
  if (EngineConfiguration) throw notEmulated('EngineConfiguration');
  if (workGroup.enforced) return;
  const { EncryptionConfiguration, AclConfiguration, ExpectedBucketOwner } = ResultConfiguration;
  // What S3 does with every object
  if ((EncryptionConfiguration?.EncryptionOption ?? 'SSE_S3') !== 'SSE_S3')
    throw notEmulated('EncryptionConfiguration');
  if (AclConfiguration) throw notEmulated('AclConfiguration');
  if (ExpectedBucketOwner) throw notEmulated('ExpectedBucketOwner');
}

/** Athena's operations on runs of queries. */
export function queryOperations(
  queries: Queries,
  workGroupNamed: (name: unknown) => WorkGroup,
  tokens: ClientTokens,
): Operations {
  return {
    StartQueryExecution: ({ ClientRequestToken, ...request }) => {
      const { QueryString, QueryExecutionContext, WorkGroup, ResultConfiguration, ExecutionParameters = [] } = request;
      const sql = required('QueryString', QueryString);
      const catalog = QueryExecutionContext?.Catalog ?? 'AwsDataCatalog';
      if (String(catalog).toLowerCase() !== 'awsdatacatalog') throw invalid(`Catalog ${catalog} is not emulated`);
      const workGroup = workGroupNamed(WorkGroup);
      checkSettings(request, workGroup);
      const start = () =>
        queries.start({
          sql,
          database: String(QueryExecutionContext?.Database ?? 'default').toLowerCase(),
          workGroup,
          parameters: ExecutionParameters.map(String),
          outputLocation: ResultConfiguration?.OutputLocation,
        }).id;
      return { QueryExecutionId: tokens.once(ClientRequestToken, request, start) };
    },
    GetQueryExecution: ({ QueryExecutionId }) => ({ QueryExecution: describeExecution(queries.get(QueryExecutionId)) }),
    BatchGetQueryExecution: ({ QueryExecutionIds }) => {
      const { found, missing } = lookUp(QueryExecutionIds, 'QueryExecutionIds', (id) => queries.find(id));
      return {
        QueryExecutions: found.map(describeExecution),
        UnprocessedQueryExecutionIds: missing.map((id) => ({
          QueryExecutionId: id,
          ErrorCode: 'INVALID_INPUT',
          ErrorMessage: `QueryExecution ${id} was not found`,
        })),
      };
    },
    ListQueryExecutions: ({ WorkGroup, ...paging }) => {
      const ids = queries.of(workGroupNamed(WorkGroup).name).map(({ id }) => id);
      const { items, NextToken } = listPage(ids, paging);
      return { QueryExecutionIds: items, NextToken };
    },
    GetQueryResults: ({ QueryExecutionId, MaxResults, NextToken, QueryResultType = 'DATA_ROWS' }) => {
      if (QueryResultType !== 'DATA_ROWS') throw notEmulated(`QueryResultType ${QueryResultType}`);
      const execution = queries.get(QueryExecutionId);
      const { state } = execution;
      if (state === 'QUEUED' || state === 'RUNNING')
        throw invalid(`Query has not yet finished. Current state: ${state}`);
      if (state !== 'SUCCEEDED') throw invalid(`Query did not finish successfully. Final query state: ${state}`);
      const { next, ...page } = resultPage(execution, startOf(NextToken), sizeOf(MaxResults, MAX_RESULTS));
      return { ...page, NextToken: tokenOf(next) };
    },
    StopQueryExecution: ({ QueryExecutionId }) => {
      queries.stop(QueryExecutionId);
      return {};
    },
  };
}
