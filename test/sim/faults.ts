import { throttled, timedOut } from './errors.ts';
import type { Fate } from './firehose.ts';
import type { Random } from './random.ts';
import { type FaultClass, RETENTION_MS, type Scenario } from './scenario.ts';
import { LOG_TABLE, type RecordFates, type Services } from './services.ts';
import { BEHIND, EVENTS } from './stream.ts';
import { never, type World } from './world.ts';

/** A process that can die. */
export interface Mortal {
  readonly name: string;
  isDead: boolean;
  /** Names of the commands it has sent. */
  readonly calls: string[];
  /** Told when it dies by itself. */
  died?(): void;
}

/** How often a call, or a record of one, meets what may happen to it. */
const CHANCE = {
  freeze: 0.03,
  die: 0.02,
  throttle: 0.04,
  loseAnswer: 0.04,
  refusePut: 0.1,
  refuseRow: 0.12,
  double: 0.05,
};
const FREEZE_MS = [1_000, 90_000] as const;

/** Tries of the SDK's own, for errors it takes to be passing. */
const SDK_ATTEMPTS = 3;
/** What it does not try again. */
const FINAL = new Set([
  'ConditionalCheckFailedException',
  'NoSuchKey',
  'ValidationException',
  'ResourceNotFoundException',
]);

/** A time in which a service answers nothing but that it cannot. */
interface Outage {
  readonly commands: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Names of the commands by what fails together; of Firehose also a single delivery stream. */
const LOG = ['PutItem', 'GetItem', 'Query'];
const SERVICES: readonly (readonly string[])[] = [
  LOG,
  ['PutRecordBatch orders', 'PutRecordBatch counts', 'PutRecordBatch quarantine'],
  ['PutRecordBatch counts'],
  ['PutObject', 'GetObject'],
  ['ListShards', 'GetShardIterator', 'GetRecords', 'PutRecords', 'PutRecord', `PutRecords ${BEHIND}`],
  [`PutRecords ${BEHIND}`],
  ['PublishBatch', 'PutItem newest'],
];

/** Where a command says what it is about, and what goes without saying. */
const NAMES = ['DeliveryStreamName', 'TableName', 'StreamName', 'NextToken'] as const;
const USUAL = new Set(['', LOG_TABLE, EVENTS]);

function nameOf(command: object): string {
  const { input } = command as { input: Partial<Record<(typeof NAMES)[number], string>> };
  const [about = ''] = NAMES.flatMap((name) => input[name]?.split(' ')[0] ?? []);
  const name = command.constructor.name.replace('Command', '');
  return USUAL.has(about) ? name : `${name} ${about}`;
}

/** Does to calls what can happen to them. */
export class Faults {
  readonly #world: World;
  readonly #services: Services;
  readonly #random: Random;
  readonly #on: Scenario['on'];
  readonly #fates: RecordFates;
  readonly #outage: Outage;
  #areOver = false;

  constructor(world: World, services: Services, random: Random, { on }: Scenario) {
    this.#world = world;
    this.#services = services;
    this.#random = random;
    this.#on = on;
    const fromMs = random.between(0, random.pick([20_000, 20_000, 250_000])); // mostly while events come
    const [drawn, forMs] = [random.pick(SERVICES), random.between(2_000, 40_000)];
    this.#outage = on.has('retention')
      ? { commands: LOG, fromMs, untilMs: fromMs + RETENTION_MS + 2 * forMs }
      : { commands: drawn, fromMs, untilMs: fromMs + forMs };
    this.#fates = {
      refused: () => this.chance('refusals', CHANCE.refusePut),
      delivery: () => this.#deliveryFate(),
    };
  }

  /** From now on nothing fails, so that it can be seen to recover. */
  end(): void {
    this.#areOver = true;
  }

  chance(what: FaultClass, probability: number): boolean {
    const happens = this.#random.chance(probability); // drawn in any case: a class less changes little else
    return happens && !this.#areOver && this.#on.has(what);
  }

  #isOut(command: string): boolean {
    const { commands, fromMs, untilMs } = this.#outage;
    const isNow = fromMs <= this.#world.nowMs && this.#world.nowMs < untilMs;
    return isNow && commands.includes(command) && this.#on.has('outages') && !this.#areOver;
  }

  #deliveryFate(): Fate {
    const [isRefused, isDouble] = [
      this.chance('refusals', CHANCE.refuseRow),
      this.chance('double-rows', CHANCE.double),
    ];
    return isRefused ? 'refused' : isDouble ? 'taken twice' : 'taken';
  }

  /** A call of the SDK: it repeats by itself what fails for now, also a write that did take effect. */
  async send(caller: Mortal, command: object): Promise<object> {
    const name = nameOf(command);
    caller.calls.push(name);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call(caller, command, name);
      } catch (error) {
        if (FINAL.has((error as Error).name) || attempt === SDK_ATTEMPTS) throw error;
      }
    }
  }

  async #call(caller: Mortal, command: object, name: string): Promise<object> {
    const what = `${caller.name} ${name}`;
    const frozenMs = this.chance('freezes', CHANCE.freeze) ? this.#random.between(...FREEZE_MS) : 0;
    await this.#world.sleep(frozenMs + this.#random.between(1, 30));
    if (caller.isDead) return never();
    if (this.#isOut(name)) this.#throttle(what);
    if (this.chance('deaths', CHANCE.die)) return this.#die(caller, `${what}: dies before it`);
    if (this.chance('throttles', CHANCE.throttle)) this.#throttle(what);
    let answer: object | undefined;
    let refused: unknown;
    try {
      answer = this.#services.handle(command, this.#fates);
    } catch (error) {
      refused = error;
    }
    const outcome = refused ? (refused as Error).name : 'done';
    this.#world.note(`${what}: ${outcome}${frozenMs ? `, frozen for ${frozenMs} ms` : ''}`);
    await this.#world.sleep(this.#random.between(1, 30));
    if (caller.isDead) return never();
    if (this.chance('deaths', CHANCE.die)) return this.#die(caller, `${what}: dies after it`);
    if (this.chance('lost-answers', CHANCE.loseAnswer)) {
      this.#world.note(`${what}: answer lost`);
      throw timedOut();
    }
    if (refused) throw refused;
    return answer as object;
  }

  #throttle(what: string): never {
    this.#world.note(`${what}: throttled`);
    throw throttled(this.#random);
  }

  #die(caller: Mortal, line: string): Promise<object> {
    this.#world.note(line);
    caller.isDead = true;
    caller.died?.();
    return never();
  }
}
