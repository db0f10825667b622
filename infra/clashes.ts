import { type LakeTable, type Plan, type PlanNode, partsOf } from '../core/pipeline/plan.ts';
import { ConfigError } from './config.ts';
import { idsOf } from './constructs/pipeline-sinks.ts';
import {
  ARCHIVE_TABLE,
  deliveryStreamName,
  eventStreamName,
  hopStreamName,
  logTableName,
  publishedStreamName,
  resourceName,
  rowsTableName,
  topicName,
  viewTableName,
} from './names.ts';

/** Names of pipelines and their parts become names of stacks, functions, logs and groups of queries; all tables of the
 *  lake share one database, all else an account.
 *  @throws ConfigError when two things of a stage would have one name. */
export function refuseClashes(stage: string, pipelines: readonly Plan[], quarantine: LakeTable): void {
  const parts = pipelines.flatMap(partsOf);
  const tables = [quarantine, ...parts.flatMap((part) => part.tables)].map(({ name }) => name);
  const named = (kind: PlanNode['kind'], nameOf: (stage: string, pipeline: string, id: string) => string) =>
    pipelines.flatMap((plan) =>
      partsOf(plan).flatMap((part) => idsOf(part, kind).map((id) => nameOf(stage, plan.name, id))),
    );
  const names = {
    pipeline: ['stream', 'lake', 'archive', 'operator', 'heartbeat', ...parts.map(({ name }) => name)],
    table: [ARCHIVE_TABLE, ...tables, ...tables.map(rowsTableName)],
    'delivery stream': pipelines.flatMap((plan) =>
      partsOf(plan).flatMap((part) => part.tables.map(({ name }) => deliveryStreamName(stage, name, plan.name))),
    ),
    topic: [resourceName(stage, 'alarms'), ...named('alert', topicName)],
    'DynamoDB table': [...pipelines.map(({ name }) => logTableName(stage, name)), ...named('view', viewTableName)],
    'Kinesis stream': [
      eventStreamName(stage),
      ...pipelines.flatMap(({ hops }) => hops.map(({ name }) => hopStreamName(stage, name))),
      ...named('publish', publishedStreamName),
    ],
  };
  for (const [what, all] of Object.entries(names)) refuseRepeated(what, all);
}

function refuseRepeated(what: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new ConfigError(what, repeated, `a name that no other ${what} of the stage has`);
}
