import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Plan } from '../core/pipeline/index.ts';
import { planJson, planPicture, stateShapes } from '../core/pipeline/print.ts';
import { releasedFile } from '../infra/released.ts';
import { pipelines } from '../pipelines/index.ts';
import { UsageError } from './errors.ts';

/** `millrace plan`: what a pipeline consists of, as a picture or as data. */
export function register(program: Command): void {
  const names = pipelines.map(({ name }) => name).join(', ');
  program
    .command('plan')
    .description('show the plan of a pipeline as a Mermaid flow chart')
    .argument('<pipeline>', `one of ${names}`)
    .option('--json', 'print steps, tables and columns as JSON')
    .option('--release', 'write down what its steps keep, so that a synthesis refuses a step that would misread it')
    .action((name: string, { json, release }: { json?: boolean; release?: boolean }) => {
      const plan = pipelines.find((each) => each.name === name);
      if (!plan) throw new UsageError(`there is no pipeline '${name}': there is ${names}`);
      if (release) return writeReleased(plan);
      return console.log(json ? JSON.stringify(planJson(plan), null, 2) : planPicture(plan));
    });
}

function writeReleased(plan: Plan): void {
  const file = releasedFile(plan.name);
  writeFileSync(file, `${JSON.stringify(stateShapes(plan), null, 2)}\n`);
  console.error(`written: pipelines/${plan.name}/states.json; commit it with the version that is deployed`);
}
