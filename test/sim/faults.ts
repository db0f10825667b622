import { type Services, throttled, timedOut } from './services.ts';
import { never, type World } from './world.ts';

/** A process that can die. */
export interface Mortal {
  readonly name: string;
  isDead: boolean;
}

/** Faults of a run end here, so that it can be seen to recover. */
const LAST_FAULT_MS = 400_000;

/** What may happen to one call of a service, and how often. */
const CHANCE = { freeze: 0.03, dieBefore: 0.02, dieAfter: 0.02, throttle: 0.04, loseAnswer: 0.04, refuseRecord: 0.15 };

/** Tries of the SDK's own, for errors it takes to be passing. */
const SDK_ATTEMPTS = 3;

/** Does to calls what can happen to them. */
export class Faults {
  readonly #world: World;
  readonly #services: Services;

  readonly #stormy: boolean;

  /** Without a storm nothing fails at all. */
  constructor(world: World, services: Services, stormy: boolean) {
    this.#world = world;
    this.#services = services;
    this.#stormy = stormy;
  }

  /** Whether faults may still happen. */
  get isOn(): boolean {
    return this.#stormy && this.#world.nowMs < LAST_FAULT_MS;
  }

  chance(probability: number): boolean {
    return this.isOn && this.#world.random.chance(probability);
  }

  /** A call of the SDK: it repeats by itself what fails for now, also a write that did take effect. */
  async send(caller: Mortal, command: object): Promise<object> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call(caller, command);
      } catch (error) {
        if ((error as Error).name === 'ConditionalCheckFailedException' || attempt === SDK_ATTEMPTS) throw error;
      }
    }
  }

  async #call(caller: Mortal, command: object): Promise<object> {
    const { random } = this.#world;
    const what = `${caller.name} ${command.constructor.name.replace('Command', '')}`;
    const frozenMs = this.chance(CHANCE.freeze) ? random.between(1_000, 90_000) : 0;
    await this.#world.sleep(frozenMs + random.between(1, 30));
    if (caller.isDead) return never();
    if (this.chance(CHANCE.dieBefore)) return this.#die(caller, `${what}: dies before it`);
    if (this.chance(CHANCE.throttle)) {
      this.#world.note(`${what}: throttled`);
      throw throttled(random);
    }
    let answer: object | undefined;
    let refused: unknown;
    try {
      answer = this.#services.handle(command, () => this.chance(CHANCE.refuseRecord));
    } catch (error) {
      refused = error;
    }
    this.#world.note(
      `${what}: ${refused ? (refused as Error).name : 'done'}${frozenMs ? `, frozen for ${frozenMs} ms` : ''}`,
    );
    await this.#world.sleep(random.between(1, 30));
    if (caller.isDead) return never();
    if (this.chance(CHANCE.dieAfter)) return this.#die(caller, `${what}: dies after it`);
    if (this.chance(CHANCE.loseAnswer)) {
      this.#world.note(`${what}: answer lost`);
      throw timedOut();
    }
    if (refused) throw refused;
    return answer as object;
  }

  #die(caller: Mortal, line: string): Promise<object> {
    this.#world.note(line);
    caller.isDead = true;
    return never();
  }
}
