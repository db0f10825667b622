import type { RecordMetric } from '../../service.ts';

/** Counts invocations into AWS/Lambda.
 *  Source: Lambda Developer Guide, types of metrics for Lambda functions. */
export class LambdaMetrics {
  readonly #metric: RecordMetric;
  readonly #running = new Map<string, number>();

  constructor(metric: RecordMetric) {
    this.#metric = metric;
  }

  /** Call the result when the invocation has ended. */
  began(name: string): () => void {
    const change = (by: number) => this.#running.set(name, (this.#running.get(name) ?? 0) + by);
    change(1);
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    this.#metric('AWS/Lambda', 'ConcurrentExecutions', { FunctionName: name }, this.#running.get(name) ?? 0);
    this.#metric('AWS/Lambda', 'ConcurrentExecutions', {}, all);
    return () => void change(-1);
  }

  invoked(name: string, durationMs: number, hasFailed: boolean): void {
    this.#count(name, 'Invocations', 1);
    this.#count(name, 'Errors', hasFailed ? 1 : 0);
    this.#count(name, 'Throttles', 0);
    this.#count(name, 'Duration', durationMs);
  }

  throttled(name: string): void {
    this.#count(name, 'Throttles', 1);
  }

  #count(name: string, metricName: string, value: number): void {
    this.#metric('AWS/Lambda', metricName, { FunctionName: name }, value);
  }
}
