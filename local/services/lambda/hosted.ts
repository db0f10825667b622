import { ServiceError } from '../json-api.ts';
import type { Answer, Event, OnLine, Surroundings } from './environment.ts';
import { startEnvironment } from './environment.ts';
import type { LambdaFunction } from './function.ts';
import type { LambdaMetrics } from './metrics.ts';
import { createPool } from './pool.ts';

export interface Invocation {
  readonly requestId: string;
  /** What the function returned, or the error it ended with, as JSON. */
  readonly payload: string;
  /** Set when the function failed: by an exception, a timeout or a crash. */
  readonly functionError?: 'Unhandled';
}

export interface LoggedInvocation extends Invocation {
  /** All that stands in the log of it. */
  readonly log: readonly string[];
}

/** Counts a value into one of the function's metrics. */
export type CountFunction = (name: string, value: number) => void;

/** A function with its environments. */
export class HostedFunction {
  readonly qualifiers = new Set(['$LATEST']);
  /** Of asynchronous events, each attempt after the first. */
  asyncRetriesMax = 2;
  /** How old an asynchronous event may become. */
  asyncAgeMaxMs = Number.POSITIVE_INFINITY;
  #definition: LambdaFunction;
  readonly #pool: ReturnType<typeof createPool>;
  readonly #onLine: OnLine;
  readonly #metrics: LambdaMetrics;
  readonly #concurrencyMax: number;

  constructor(
    definition: LambdaFunction,
    surroundings: Surroundings & { readonly concurrencyMax: number },
    onLine: OnLine,
    metrics: LambdaMetrics,
  ) {
    this.#definition = definition;
    this.#pool = createPool(() => startEnvironment(this.#definition, surroundings));
    this.#onLine = onLine;
    this.#metrics = metrics;
    this.#concurrencyMax = surroundings.concurrencyMax;
  }

  get definition(): LambdaFunction {
    return this.#definition;
  }

  /** Environments begin anew with what has changed; of the reserved concurrency they know nothing. */
  change(changes: Partial<LambdaFunction>): void {
    this.#definition = { ...this.#definition, ...changes };
    if (Object.keys(changes).some((name) => name !== 'reservedConcurrency')) this.#pool.renew();
  }

  /** Throws TooManyRequestsException when as many run as may. */
  async run(event: Event): Promise<LoggedInvocation> {
    this.#admit();
    const log: string[] = [];
    const onLine: OnLine = (line, logStream) => {
      log.push(line);
      this.#onLine(line, logStream);
    };
    const { name } = this.#definition;
    const ended = this.#metrics.began(name);
    const { durationMs, ...answer }: Answer = await this.#pool.run(event, onLine).finally(ended);
    this.#metrics.invoked(name, durationMs, answer.functionError !== undefined);
    return { requestId: event.requestId, log, ...answer };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #admit(): void {
    const { reservedConcurrency } = this.#definition;
    const isReserved = reservedConcurrency !== undefined && reservedConcurrency <= this.#concurrencyMax;
    if (this.#pool.running < (isReserved ? reservedConcurrency : this.#concurrencyMax)) return;
    this.#metrics.throttled(this.#definition.name);
    const Reason = `${isReserved ? 'ReservedFunctionConcurrent' : 'Concurrent'}InvocationLimitExceeded`;
    throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, { Reason });
  }
}
