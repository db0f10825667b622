import { generateOrders } from './generator.ts';

/** Two days of a shop: change records of its orders, and payments as CloudEvents, as they arrive. */
export async function* sample(): AsyncGenerator<object> {
  yield* generateOrders().documents;
}
