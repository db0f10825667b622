import {
  type AthenaClient,
  BatchGetNamedQueryCommand,
  type NamedQuery,
  paginateListNamedQueries,
} from '@aws-sdk/client-athena';
import { CliError } from './errors.ts';

/** SQL of a query saved in a workgroup, by its whole name (`pipeline/query`) or, where only one has it, by its last part.
 *  @throws CliError listing the names there are. */
export async function savedQuery(athena: AthenaClient, workgroup: string, name: string): Promise<string> {
  const queries = await savedQueries(athena, workgroup);
  const whole = queries.filter((query) => query.Name === name);
  const found = whole.length > 0 ? whole : queries.filter((query) => query.Name?.split('/').at(-1) === name);
  const [only] = found;
  if (only?.QueryString !== undefined && found.length === 1) return only.QueryString;
  const names = (found.length > 1 ? found : queries).map((query) => query.Name).sort();
  const problem =
    found.length > 1 ? `more than one saved query is called '${name}'` : `no saved query is called '${name}'`;
  throw new CliError(`${problem}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`);
}

async function savedQueries(athena: AthenaClient, workgroup: string): Promise<readonly NamedQuery[]> {
  const queries: NamedQuery[] = [];
  for await (const { NamedQueryIds = [] } of paginateListNamedQueries({ client: athena }, { WorkGroup: workgroup })) {
    if (NamedQueryIds.length === 0) continue;
    const { NamedQueries = [] } = await athena.send(new BatchGetNamedQueryCommand({ NamedQueryIds }));
    queries.push(...NamedQueries);
  }
  return queries;
}
