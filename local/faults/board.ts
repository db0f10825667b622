import { randomInt } from 'node:crypto';
import { Dice } from './dice.ts';
import type { FaultRule } from './rules.ts';

/** What the rules in force have met and done so far. */
export interface FaultState {
  readonly seed: number;
  readonly rules: readonly (FaultRule & {
    /** Calls the rule was about; records where it is about records. */
    readonly met: number;
    readonly injected: number;
  })[];
}

const NONE: readonly Dice[] = [];
/** Sets the dice of neighbouring rules far apart: 2³² over the golden ratio. */
const STRIDE = 0x9e3779b9;

/** The rules in force. */
export class Board {
  #seed = 0;
  #dice: readonly Dice[] = NONE;
  #byService: ReadonlyMap<string, readonly Dice[]> = new Map();

  /** Puts rules in force, in place of those before; counts begin anew. */
  set(rules: readonly FaultRule[], seed = randomInt(2 ** 32)): void {
    this.#seed = seed;
    this.#dice = rules.map((rule, index) => new Dice(rule, seed + index * STRIDE));
    this.#byService = Map.groupBy(this.#dice, ({ rule }) => rule.service);
  }

  get state(): FaultState {
    return { seed: this.#seed, rules: this.#dice.map(({ rule, met, injected }) => ({ ...rule, met, injected })) };
  }

  /** The rules about a service; undefined when there are none. */
  of(service: string): readonly Dice[] | undefined {
    return this.#byService.get(service);
  }

  /** The rules about an action. */
  about(service: string, action: string | undefined): readonly Dice[] {
    const found = this.#byService.get(service) ?? NONE;
    return found.filter(({ rule }) => rule.action === '*' || rule.action === action);
  }
}
