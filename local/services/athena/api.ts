import type { Catalogue } from '../glue.ts';
import type { Operations } from '../json-api.ts';
import { catalogOperations } from './catalog-api.ts';
import type { PreparedStatements } from './prepared.ts';
import type { Queries } from './queries.ts';
import { queryOperations } from './query-api.ts';
import { ClientTokens, invalid, listPage } from './requests.ts';
import { type NamedQuery, namedQueryOperations, preparedOperations } from './saved-api.ts';
import type { WorkGroup } from './workgroup.ts';

const summary = ({ name, description, createdAtMs }: WorkGroup) => ({
  Name: name,
  State: 'ENABLED',
  Description: description,
  CreationTime: createdAtMs / 1000,
  EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
});

export interface AthenaState {
  readonly workGroups: ReadonlyMap<string, WorkGroup>;
  readonly namedQueries: Map<string, NamedQuery>;
  readonly prepared: PreparedStatements;
  readonly queries: Queries;
  readonly glue: Catalogue;
}

/** Athena's operations. */
export function athenaOperations({ workGroups, namedQueries, prepared, queries, glue }: AthenaState): Operations {
  const workGroupNamed = (name: unknown = 'primary'): WorkGroup => {
    const found = workGroups.get(String(name));
    if (!found) throw invalid(`WorkGroup ${name} is not found.`);
    return found;
  };
  const tokens = new ClientTokens();
  return {
    ...queryOperations(queries, workGroupNamed, tokens),
    ...namedQueryOperations(namedQueries, workGroupNamed, tokens),
    ...preparedOperations(prepared, workGroupNamed),
    ...catalogOperations(glue),
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
