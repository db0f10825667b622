import type { FaultState } from '../../local/faults/board.ts';
import type { FaultDocument, FaultRuleInput } from '../../local/faults/rules.ts';
import type { Random } from '../sim/random.ts';

type Make = (random: Random) => FaultRuleInput;
/** Probabilities in hundredths. */
type Often = readonly [least: number, most: number];

const often = (random: Random, [least, most]: Often) => random.between(least, most) / 100;

const plain =
  (
    service: 'dynamodb' | 'firehose' | 'kinesis' | 'lambda' | 's3',
    action: string,
    kind: 'throttle' | 'error' | 'lost-answer' | 'torn-answer',
    range: Often,
  ): Make =>
  (random) => ({ service, action, kind, probability: often(random, range) });
/** Now and then longer than the function's clients wait for an answer. */
const slow =
  (service: 'dynamodb' | 'firehose' | 'kinesis' | 's3', action: string): Make =>
  (random) => ({
    service,
    action,
    kind: 'latency',
    probability: often(random, [5, 40]),
    ms: [20, random.pick([200, 1_000, 4_000])],
  });

/** What can go wrong; each at least now and then often enough that a batch fails by it. */
const MENU: readonly Make[] = [
  plain('dynamodb', '*', 'throttle', [5, 50]),
  plain('dynamodb', '*', 'error', [5, 40]),
  plain('dynamodb', '*', 'lost-answer', [5, 40]),
  plain('dynamodb', '*', 'torn-answer', [5, 30]),
  slow('dynamodb', '*'),
  plain('firehose', 'PutRecordBatch', 'throttle', [5, 60]),
  plain('firehose', 'PutRecordBatch', 'error', [5, 40]),
  plain('firehose', 'PutRecordBatch', 'lost-answer', [5, 40]),
  plain('firehose', 'PutRecordBatch', 'torn-answer', [5, 30]),
  slow('firehose', 'PutRecordBatch'),
  (random) => ({ service: 'firehose', action: 'PutRecordBatch', kind: 'partial', probability: often(random, [5, 60]) }),
  (random) => ({
    service: 'firehose',
    action: 'PutRecordBatch',
    kind: 'duplicate',
    probability: often(random, [5, 30]),
  }),
  plain('s3', '*', 'throttle', [5, 40]),
  plain('s3', '*', 'error', [5, 40]),
  plain('s3', '*', 'lost-answer', [5, 40]),
  plain('s3', '*', 'torn-answer', [5, 30]),
  slow('s3', '*'),
  plain('kinesis', '*', 'throttle', [5, 40]),
  plain('kinesis', '*', 'error', [5, 40]),
  plain('kinesis', '*', 'lost-answer', [5, 30]),
  plain('kinesis', '*', 'torn-answer', [5, 30]),
  slow('kinesis', '*'),
  (random) => ({ service: 'kinesis', action: 'PutRecords', kind: 'partial', probability: often(random, [1, 20]) }),
  plain('lambda', 'Invoke', 'throttle', [5, 40]),
  plain('lambda', 'Invoke', 'error', [5, 40]),
  plain('lambda', 'Invoke', 'lost-answer', [5, 40]),
  (random) => ({
    service: 'lambda',
    action: 'Invoke',
    kind: 'kill',
    probability: often(random, [20, 70]),
    afterMs: [0, random.pick([30, 150, 400])],
  }),
  // One at a time: each holds a shard up for the whole of the function's timeout.
  () => ({ service: 'lambda', action: 'Invoke', kind: 'timeout', probability: 0.03, afterMs: [0, 100], times: 1 }),
];

/** Rules for the next seconds: none, or some of the menu at once. */
export function nextWeather(random: Random): readonly FaultRuleInput[] {
  const count = random.chance(0.1) ? 0 : random.between(3, 8);
  return Array.from({ length: count }, () => random.pick(MENU)(random));
}

/** Faults by what they were, e.g. `dynamodb throttle`, and how often each was injected. */
export type Tally = Map<string, number>;

/** The rules of a stack, and the sum of what they did over all its lives. */
export class Weather {
  readonly injected: Tally = new Map();
  readonly #random: Random;
  readonly #url: () => string;

  constructor(random: Random, endpoint: () => string) {
    this.#random = random;
    this.#url = () => `${endpoint()}/_millrace/faults`;
  }

  get total(): number {
    return [...this.injected.values()].reduce((sum, count) => sum + count, 0);
  }

  async change(): Promise<void> {
    await this.clear();
    const document: FaultDocument = {
      seed: this.#random.between(0, 0xffff_ffff),
      rules: [...nextWeather(this.#random)],
    };
    await this.#call('PUT', document);
  }

  /** Before a crash, which takes the counts along: adds them up, and leaves the rules. */
  async note(): Promise<void> {
    this.#add(await this.#call('GET'));
  }

  async clear(): Promise<void> {
    this.#add(await this.#call('DELETE'));
  }

  #add({ rules }: FaultState): void {
    for (const { service, kind, injected } of rules) {
      const what = `${service} ${kind}`;
      if (injected > 0) this.injected.set(what, (this.injected.get(what) ?? 0) + injected);
    }
  }

  async #call(method: string, document?: FaultDocument): Promise<FaultState> {
    const body = document ? JSON.stringify(document) : null;
    const answer = await fetch(this.#url(), { method, body });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    throw new Error(`${method} of the faults was refused: ${text}`);
  }
}
