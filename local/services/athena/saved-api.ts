import { randomUUID } from 'node:crypto';
import { type Operations, ServiceError } from '../json-api.ts';
import type { PreparedStatement, PreparedStatements } from './prepared.ts';
import { type ClientTokens, invalid, listPage, lookUp, required } from './requests.ts';
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

const describeQuery = (query: NamedQuery) => ({
  NamedQueryId: query.id,
  Name: query.name,
  Description: query.description,
  Database: query.database,
  QueryString: query.sql,
  WorkGroup: query.workGroup,
});

const describeStatement = ({ name, sql, workGroup, description, modifiedAtMs }: PreparedStatement) => ({
  StatementName: name,
  QueryStatement: sql,
  WorkGroupName: workGroup,
  Description: description,
  LastModifiedTime: modifiedAtMs / 1000,
});

/** Athena's operations on named queries. */
export function namedQueryOperations(
  namedQueries: Map<string, NamedQuery>,
  workGroupNamed: (name: unknown) => WorkGroup,
  tokens: ClientTokens,
): Operations {
  const queryNamed = (id: unknown): NamedQuery => {
    const found = namedQueries.get(String(id));
    if (!found) throw invalid(`NamedQuery ${id} was not found`);
    return found;
  };
  return {
    CreateNamedQuery: ({ ClientRequestToken, ...request }) => {
      const query = {
        name: required('Name', request.Name),
        description: String(request.Description ?? ''),
        database: required('Database', request.Database),
        sql: required('QueryString', request.QueryString),
        workGroup: workGroupNamed(request.WorkGroup).name,
      };
      const make = () => {
        const id = randomUUID();
        namedQueries.set(id, { id, ...query });
        return id;
      };
      return { NamedQueryId: tokens.once(ClientRequestToken, request, make) };
    },
    UpdateNamedQuery: ({ NamedQueryId, Name, Description = '', QueryString }) => {
      const query = queryNamed(NamedQueryId);
      const sql = required('QueryString', QueryString);
      namedQueries.set(query.id, { ...query, name: required('Name', Name), description: Description, sql });
      return {};
    },
    DeleteNamedQuery: ({ NamedQueryId }) => {
      namedQueries.delete(queryNamed(NamedQueryId).id);
      return {};
    },
    ListNamedQueries: ({ WorkGroup, ...paging }) => {
      const group = workGroupNamed(WorkGroup).name;
      const ids = [...namedQueries.values()].filter(({ workGroup }) => workGroup === group).map(({ id }) => id);
      const { items, NextToken } = listPage(ids, paging);
      return { NamedQueryIds: items, NextToken };
    },
    GetNamedQuery: ({ NamedQueryId }) => ({ NamedQuery: describeQuery(queryNamed(NamedQueryId)) }),
    BatchGetNamedQuery: ({ NamedQueryIds }) => {
      const { found, missing } = lookUp(NamedQueryIds, 'NamedQueryIds', (id) => namedQueries.get(id));
      return {
        NamedQueries: found.map(describeQuery),
        UnprocessedNamedQueryIds: missing.map((id) => ({
          NamedQueryId: id,
          ErrorCode: 'INVALID_INPUT',
          ErrorMessage: `NamedQuery ${id} was not found`,
        })),
      };
    },
  };
}

/** Athena's operations on prepared statements. */
export function preparedOperations(
  prepared: PreparedStatements,
  workGroupNamed: (name: unknown) => WorkGroup,
): Operations {
  const statementNamed = (workGroup: string, name: unknown): PreparedStatement => {
    const found = prepared.get(workGroup, String(name));
    if (!found)
      throw new ServiceError(
        'ResourceNotFoundException',
        `PreparedStatement ${name} was not found in workGroup ${workGroup}`,
        400,
        { ResourceName: String(name) },
      );
    return found;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape is Athena's own
  const stated = (request: Record<string, any>) => ({
    name: required('StatementName', request.StatementName),
    workGroup: workGroupNamed(required('WorkGroup', request.WorkGroup)).name,
    sql: required('QueryStatement', request.QueryStatement),
    description: String(request.Description ?? ''),
  });
  return {
    CreatePreparedStatement: (request) => {
      const statement = stated(request);
      if (prepared.get(statement.workGroup, statement.name))
        throw invalid(`PreparedStatement ${statement.name} already exists in WorkGroup ${statement.workGroup}`);
      prepared.put(statement);
      return {};
    },
    UpdatePreparedStatement: (request) => {
      const statement = stated(request);
      statementNamed(statement.workGroup, statement.name);
      prepared.put(statement);
      return {};
    },
    DeletePreparedStatement: ({ StatementName, WorkGroup }) => {
      const { workGroup, name } = statementNamed(workGroupNamed(WorkGroup).name, StatementName);
      prepared.delete(workGroup, name);
      return {};
    },
    GetPreparedStatement: ({ StatementName, WorkGroup }) => ({
      PreparedStatement: describeStatement(statementNamed(workGroupNamed(WorkGroup).name, StatementName)),
    }),
    BatchGetPreparedStatement: ({ PreparedStatementNames, WorkGroup }) => {
      const group = workGroupNamed(WorkGroup).name;
      const find = (name: string) => prepared.get(group, name);
      const { found, missing } = lookUp(PreparedStatementNames, 'PreparedStatementNames', find);
      return {
        PreparedStatements: found.map(describeStatement),
        UnprocessedPreparedStatementNames: missing.map((name) => ({
          StatementName: name,
          ErrorCode: 'INVALID_INPUT',
          ErrorMessage: `PreparedStatement ${name} was not found in workGroup ${group}`,
        })),
      };
    },
    ListPreparedStatements: ({ WorkGroup, ...paging }) => {
      const { items, NextToken } = listPage(prepared.of(workGroupNamed(WorkGroup).name), paging);
      const summary = ({ name, modifiedAtMs }: PreparedStatement) => ({
        StatementName: name,
        LastModifiedTime: modifiedAtMs / 1000,
      });
      return { PreparedStatements: items.map(summary), NextToken };
    },
  };
}
