import type { Command } from 'commander';
import { planJson, planPicture } from '../core/pipeline/print.ts';
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
    .action((name: string, { json }: { json?: boolean }) => {
      const plan = pipelines.find((each) => each.name === name);
      if (!plan) throw new UsageError(`there is no pipeline '${name}': there is ${names}`);
      console.log(json ? JSON.stringify(planJson(plan), null, 2) : planPicture(plan));
    });
}
