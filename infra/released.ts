import { existsSync, readFileSync } from 'node:fs';
import type { Plan } from '../core/pipeline/plan.ts';
import { stateShapes } from '../core/pipeline/print.ts';
import { ConfigError } from './config.ts';

type Shapes = Readonly<Record<string, string>>;

/** Where the states of a pipeline's released version are written down: `millrace plan NAME --release` does. */
export const releasedFile = (pipeline: string): URL => new URL(`../pipelines/${pipeline}/states.json`, import.meta.url);

/** What the steps of a released pipeline keep; nothing for one that has not been released. */
export function readReleased(pipeline: string): Shapes {
  const file = releasedFile(pipeline);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** @throws ConfigError when a step would misread what it has kept since its release. */
export function refuseChangedStates(plan: Plan, released: Shapes): void {
  const shapes = stateShapes(plan);
  for (const [step, shape] of Object.entries(released)) {
    const found = shapes[step] ?? shape; // a step that is gone reads nothing
    if (found === shape) continue;
    const expected =
      `'${shape}' as released, since the step would misread what it has kept. Give the changed step a new id: it begins ` +
      `anew, and the old step's states are dropped as they fall due. If it was never deployed: millrace plan ${plan.name} --release`;
    throw new ConfigError(`step '${step}' of pipeline '${plan.name}'`, found, expected);
  }
}
