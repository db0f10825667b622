import type { Random } from './random.ts';

/** An error as the SDK throws it, by its name. */
export const serviceError = (name: string, message = name): Error => Object.assign(new Error(message), { name });

/** Errors that a service answers with instead of doing anything. */
export const throttled = (random: Random): Error =>
  serviceError(
    random.pick(['ProvisionedThroughputExceededException', 'ServiceUnavailableException', 'InternalServerError']),
  );

/** What a caller sees when the answer does not come. */
export const timedOut = (): Error => serviceError('TimeoutError');
