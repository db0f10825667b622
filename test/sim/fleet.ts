import type { Program } from '../../core/engine/program.ts';
import { Environment } from './environment.ts';
import type { Faults } from './faults.ts';
import { FIXES, programsOf } from './plan.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { HORIZON_MINUTES } from './workload.ts';
import type { World } from './world.ts';

/** The execution environments of a part's function, and what is deployed on new ones. */
export class Fleet {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #hop: number;
  #environments: Environment[] = [];
  #made = 0;
  #fixes = 0;

  constructor(world: World, faults: Faults, random: Random, scenario: Scenario, hop: number) {
    this.#world = world;
    this.#faults = faults;
    this.#random = random;
    this.#scenario = scenario;
    this.#hop = hop;
  }

  /** One that is idle, with whatever its memory holds, or a new one. Where all is still, each shard has its own. */
  environmentFor(shardId: string): Environment {
    const idle = this.#environments.filter(({ isBusy, isDead }) => !isBusy && !isDead);
    const { weather, reuse } = this.#scenario;
    const fit = weather === 'still' ? idle.filter(({ shards }) => shards.has(shardId)) : idle;
    if (fit.length > 0 && this.#random.chance(reuse)) return this.#random.pick(fit);
    const made = new Environment({
      name: `env${this.#hop > 0 ? `${this.#hop}.` : ''}${++this.#made}`,
      program: programsOf(this.#scenario.kind, this.#fixes, HORIZON_MINUTES)[this.#hop] as Program,
      snapshots: this.#scenario.snapshots,
      world: this.#world,
      faults: this.#faults,
      random: this.#random,
    });
    this.#environments.push(made);
    return made;
  }

  /** Deploys the steps' next fix. What is busy goes on with the old code, and is not used again. */
  deploy(): void {
    if (this.#fixes === FIXES) return;
    this.#fixes += 1;
    if (this.#hop === 0) this.#world.note(`fix ${this.#fixes} is deployed`);
    this.#environments = [];
  }
}
