import type { Services } from '../core/engine/engine.ts';

/** Before what an environment dies, in the order of a batch: before the events' own rows are delivered; before the
 *  commit; once the commit stands, before the rows that a state had a part in are delivered; when all is done, before
 *  Lambda hears of it. */
export type CrashPoint = 'delivery' | 'commit' | 'outbox' | 'checkpoint';

export const CRASH_POINTS: readonly CrashPoint[] = ['delivery', 'commit', 'outbox', 'checkpoint'];

/** The execution environment is gone. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

/** Makes an environment die at a point of its next batch. */
export class Fuse {
  #point: CrashPoint | undefined;
  #shardId = '';
  #isCommitted = false;

  light(point: CrashPoint): void {
    this.#point = point;
  }

  /** A batch of the shard begins. */
  begin(shardId: string): void {
    this.#shardId = shardId;
    this.#isCommitted = false;
  }

  /** The batch is done. Not all batches come to every point, but each comes to its end.
   *  @throws Crashed when that is what the fuse was lit for. */
  end(): void {
    if (this.#point !== undefined) this.#blow();
  }

  /** The services as an environment with this fuse sees them. */
  in(services: Services): Services {
    const { lake, log } = services;
    return {
      ...services,
      lake: {
        deliver: async (rows) => {
          if (this.#point === (this.#isCommitted ? 'outbox' : 'delivery')) this.#blow();
          await lake.deliver(rows);
        },
      },
      log: {
        newest: (shardId) => log.newest(shardId),
        append: async (shardId, item) => {
          const isBatch = shardId === this.#shardId && item.slot > 0;
          if (isBatch && (this.#point === 'delivery' || this.#point === 'commit')) this.#blow();
          const outcome = await log.append(shardId, item);
          if (isBatch) this.#isCommitted = outcome === 'committed';
          return outcome;
        },
      },
    };
  }

  #blow(): never {
    const point = this.#point;
    this.#point = undefined;
    throw new Crashed(`before ${point}`);
  }
}
