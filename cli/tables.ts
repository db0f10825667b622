import type { AthenaClient } from '@aws-sdk/client-athena';
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { runQuery } from './athena.ts';
import type { StageOutputs } from './outputs.ts';
import type { Target } from './target.ts';

/** Names of a stage's lake tables: each is a view over a Glue table `<name>_rows`, and both belong to its stacks. */
export async function lakeTables(target: Target, outputs: StageOutputs): Promise<readonly string[]> {
  const client = new CloudFormationClient(target.client);
  const names = new Set<string>();
  try {
    for (const part of new Set(['lake', ...outputs.parts.map(({ pipeline }) => pipeline)])) {
      const StackName = `millrace-${target.stage}-${part}`;
      for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
        for (const { ResourceType, PhysicalResourceId = '' } of StackResourceSummaries) {
          if (ResourceType === 'AWS::Glue::Table') names.add(PhysicalResourceId.split('|').at(-1) ?? '');
        }
      }
    }
  } finally {
    client.destroy();
  }
  return [...names].filter((name) => names.has(`${name}_rows`)).sort();
}

/** How many distinct events each table holds, by one query. */
export async function countRows(
  athena: AthenaClient,
  outputs: StageOutputs,
  tables: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (tables.length === 0) return new Map();
  const selects = tables.map((table) => `SELECT '${table}' AS name, count(*) AS n FROM "${table}"`);
  const { rows } = await runQuery(selects.join('\nUNION ALL\n'), { athena, outputs });
  return new Map(rows.map(([name, n]) => [String(name), Number(n)]));
}
