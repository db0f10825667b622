import { LOCAL_ACCOUNT } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import { CallMeter } from './throttle.ts';

/** Source: API reference, SubscribeToShard. */
const TAKEOVER_MS = 5000;
const CALLS_PER_SECOND = 1;

interface Subscription {
  readonly sinceMs: number;
  readonly taken: AbortController;
}

/** Who is subscribed to which shard: one at a time of each consumer. */
export class Subscriptions {
  readonly #current = new Map<string, Subscription>();
  readonly #calls = new Map<string, CallMeter>();

  /** Gives a signal that aborts when another subscription takes over, with the error for the one that had it before.
   *  Throws LimitExceededException or ResourceInUseException. */
  open(stream: Stream, shard: Shard, consumer: string, nowMs: number): AbortSignal {
    const name = `${LOCAL_ACCOUNT}:${stream.name}:${shard.id}:${consumer}`;
    const calls = this.#calls.get(name) ?? new CallMeter(CALLS_PER_SECOND);
    this.#calls.set(name, calls);
    if (!calls.take(nowMs)) {
      const text = `Rate exceeded for SubscribeToShard of consumer ${name}.`;
      throw new ServiceError('LimitExceededException', text);
    }
    const inUse = () =>
      new ServiceError('ResourceInUseException', `Another active subscription exists for this consumer: ${name}`);
    const former = this.#current.get(name);
    if (former && nowMs - former.sinceMs < TAKEOVER_MS) throw inUse();
    former?.taken.abort(inUse());
    const taken = new AbortController();
    this.#current.set(name, { sinceMs: nowMs, taken });
    return taken.signal;
  }
}
