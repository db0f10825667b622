import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { LakeTable, Plan } from '../core/pipeline/plan.ts';
import { ConfigError, type StageConfig } from './config.ts';
import { deliveryStreamName, resourceName, rowsTableName } from './names.ts';
import { LakeStack } from './stacks/lake-stack.ts';
import { PipelineStack } from './stacks/pipeline-stack.ts';
import { StreamStack } from './stacks/stream-stack.ts';
import { TAGS } from './tags.ts';

export interface MillraceProps {
  readonly config: StageConfig;
  readonly pipelines: readonly Plan[];
  readonly quarantine: LakeTable;
}

/** Adds a stage to the app: one stack for the stream, one for the lake, one for each pipeline. Needs no account, region
 *  or look-up. Synthesis fails on any finding of the AWS Solutions checks that is not acknowledged.
 *  @throws ConfigError when the pipelines cannot stand beside each other. */
export function addMillrace(app: App, props: MillraceProps): void {
  const { config, pipelines, quarantine } = props;
  refuseClashes(props);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Tags.of(app).add('Project', 'millrace', TAGS);
  Tags.of(app).add('Stage', config.stage, TAGS);
  const stackName = (part: string) => resourceName(config.stage, part);
  const { source, topic } = new StreamStack(app, stackName('stream'), { config });
  const shared = new LakeStack(app, stackName('lake'), { config, topic, quarantine });
  const { lake } = shared;
  for (const plan of pipelines) {
    const parts = { config, plan, source, lake, quarantine: shared.quarantine, topic };
    new PipelineStack(app, stackName(plan.name), parts);
  }
}

/** Names of pipelines become names of stacks, functions and groups of queries; all tables share one database. */
function refuseClashes({ config, pipelines, quarantine }: MillraceProps): void {
  refuseRepeated('pipeline', ['stream', 'lake', 'operator', 'heartbeat', ...pipelines.map(({ name }) => name)]);
  const tables = [quarantine, ...pipelines.flatMap((plan) => plan.tables)];
  refuseRepeated('table', [...tables.map(({ name }) => name), ...tables.map(({ name }) => rowsTableName(name))]);
  const streams = pipelines.flatMap((plan) =>
    plan.tables.map((table) => deliveryStreamName(config.stage, table.name, plan.name)),
  );
  refuseRepeated('delivery stream', streams);
}

function refuseRepeated(what: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new ConfigError(what, repeated, `a name that no other ${what} of the stage has`);
}
