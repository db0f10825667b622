import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { Plan } from '../../core/pipeline/index.ts';
import { quarantineTable } from '../../core/pipeline/quarantine.ts';
import { stageConfig } from '../../infra/config.ts';
import { addMillrace } from '../../infra/millrace.ts';
import { orders } from './plan.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON
export type Json = any;

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly Type: string;
  readonly Properties: Json;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** A synthesised stage. */
export interface Stage {
  readonly resources: readonly Resource[];
  /** Name of the stack → its outputs without CDK's own exports: name → value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** What the checks found and what was acknowledged. */
  readonly report: Json;
  /** Resources of a CloudFormation type. */
  of(type: string): readonly Resource[];
  /** The one resource of a type whose logical id begins so. */
  one(type: string, id?: string): Resource;
}

/** An app as the CDK CLI would make it, with the project's context, without bundling, and without CDK's own validator,
 *  which takes a second to load, unless asked for. */
export function newApp({ validated = false } = {}): App {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
  return new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: validated,
    context: { ...context, 'aws:cdk:bundling-stacks': [] },
  });
}

export function addStage(
  app: App,
  values: Readonly<Record<string, unknown>> = {},
  pipelines: readonly Plan[] = [orders],
) {
  addMillrace(app, { config: stageConfig(values), pipelines, quarantine: quarantineTable });
}

/** Synthesises a stage of the given configuration. */
export function synthesise(
  values: Readonly<Record<string, unknown>> = {},
  app = newApp(),
  pipelines?: readonly Plan[],
): Stage {
  addStage(app, values, pipelines);
  return read(app);
}

function read(app: App): Stage {
  const { stacks, directory } = app.synth();
  const resources = stacks.flatMap(({ stackName: stack, template }) =>
    Object.entries<Json>(template.Resources).map(([id, resource]) => ({ stack, id, ...resource })),
  );
  const of = (type: string) => resources.filter(({ Type }) => Type === type);
  return {
    resources,
    outputs: Object.fromEntries(stacks.map(({ stackName, template }) => [stackName, outputsOf(template)])),
    report: JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')),
    of,
    one(type, id = '') {
      const all = of(type).filter((each) => each.id.startsWith(id));
      const [found, ...others] = all;
      if (!found || others.length > 0) throw new Error(`found ${all.length} resources ${id} of ${type}; expected one`);
      return found;
    },
  };
}

function outputsOf({ Outputs = {} }: Json): Record<string, Json> {
  const own = Object.entries<Json>(Outputs).filter(([name]) => !name.startsWith('ExportsOutput'));
  return Object.fromEntries(own.map(([name, { Value }]) => [name, Value]));
}
