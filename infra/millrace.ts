import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { LakeTable, Plan } from '../core/pipeline/plan.ts';
import { refuseClashes } from './clashes.ts';
import { ConfigError, type StageConfig } from './config.ts';
import { resourceName } from './names.ts';
import { ArchiveStack } from './stacks/archive-stack.ts';
import { LakeStack } from './stacks/lake-stack.ts';
import { PipelineStack } from './stacks/pipeline-stack.ts';
import { StreamStack } from './stacks/stream-stack.ts';
import { TAGS } from './tags.ts';

export interface MillraceProps {
  readonly config: StageConfig;
  readonly pipelines: readonly Plan[];
  readonly quarantine: LakeTable;
}

/** Adds a stage to the app: one stack for the stream, one for the lake, one for the archive, one for
 *  each pipeline. Needs no account, region
 *  or look-up. Synthesis fails on any finding of the AWS Solutions checks that is not acknowledged.
 *  @throws ConfigError when the pipelines cannot stand beside each other. */
export function addMillrace(app: App, { config, pipelines: all, quarantine }: MillraceProps): void {
  const pipelines = deployed(all, config);
  refuseClashes(config.stage, pipelines, quarantine);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Tags.of(app).add('Project', 'millrace', TAGS);
  Tags.of(app).add('Stage', config.stage, TAGS);
  const stackName = (part: string) => resourceName(config.stage, part);
  const { source, topic } = new StreamStack(app, stackName('stream'), { config });
  const shared = new LakeStack(app, stackName('lake'), { config, topic, quarantine });
  const { lake } = shared;
  new ArchiveStack(app, stackName('archive'), { config, source, topic, lake });
  const stage = pipelines.map(({ name }) => name);
  for (const plan of pipelines) {
    const parts = { config, plan, stage, source, lake, quarantine: shared.quarantine, topic };
    new PipelineStack(app, stackName(plan.name), parts);
  }
}

/** The pipelines that the stage is to have, in their own order. */
function deployed(all: readonly Plan[], { pipelines: chosen }: StageConfig): readonly Plan[] {
  if (chosen === undefined) return all;
  const names = all.map(({ name }) => name);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new ConfigError('pipelines', unknown, `some of ${names.join(', ')}`);
  return all.filter(({ name }) => chosen.includes(name));
}
