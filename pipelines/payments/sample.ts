import type { CloudEvent } from '../../core/event/index.ts';
import { generatePayments } from './generator.ts';

/** Three days of payments. What is fraud among them is for the pipeline to say; `generatePayments().frauds` knows. */
export async function* sample(): AsyncGenerator<CloudEvent> {
  yield* generatePayments().events;
}
