import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Plan } from '../core/pipeline/index.ts';
import { partsOf } from '../core/pipeline/plan.ts';
import { viewTableName } from '../infra/names.ts';
import type { Target } from './target.ts';

/** Ids of the sinks of a kind, in all parts of a pipeline. */
export const sinksOf = (plan: Plan, kind: 'alert' | 'view'): readonly string[] =>
  partsOf(plan).flatMap(({ nodes }) => nodes.filter((node) => node.kind === kind).map(({ id }) => id));

/** Keys that have a row in each of a pipeline's views, counted in their tables. */
export async function viewCounts(target: Target, plan: Plan): Promise<Readonly<Record<string, number>>> {
  const client = new DynamoDBClient(target.client);
  const counts: Record<string, number> = {};
  try {
    for (const view of sinksOf(plan, 'view')) {
      const TableName = viewTableName(target.stage, plan.name, view);
      const scan = { TableName, Select: 'COUNT', FilterExpression: 'attribute_exists(#row)' } as const;
      const names = { ExpressionAttributeNames: { '#row': 'row' } };
      counts[view] = 0;
      for await (const { Count = 0 } of paginateScan({ client }, { ...scan, ...names })) counts[view] += Count;
    }
  } finally {
    client.destroy();
  }
  return counts;
}
