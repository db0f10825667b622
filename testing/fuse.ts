import type { Services } from '../core/engine/engine.ts';

/** Before what an environment dies, in the order of a batch: before the events' own rows are delivered; before the
 *  commit; once the commit stands, before the outbox is delivered; when all is done, before Lambda hears of it. */
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

  /** The batch is done. Not every batch comes to every point, but each comes to its end.
   *  @throws Crashed when the fuse is lit. */
  end(): void {
    this.#dieIf(this.#point !== undefined);
  }

  /** The services as an environment with this fuse sees them. */
  in({ lake, alerts, views, streams, log, ...services }: Services): Services {
    const guarded =
      <Args extends readonly unknown[]>(send: (...args: Args) => Promise<void>) =>
      async (...args: Args) => {
        this.#dieIf(this.#point === (this.#isCommitted ? 'outbox' : 'delivery'));
        await send(...args);
      };
    return {
      ...services,
      lake: { deliver: guarded(lake.deliver) },
      alerts: { publish: guarded(alerts.publish) },
      views: { put: guarded(views.put) },
      streams: { put: guarded(streams.put), broadcast: guarded(streams.broadcast) },
      log: {
        newest: (shardId, limit) => log.newest(shardId, limit),
        append: async (shardId, item) => {
          const isBatch = shardId === this.#shardId && item.slot > 0;
          this.#dieIf(isBatch && (this.#point === 'delivery' || this.#point === 'commit'));
          const outcome = await log.append(shardId, item);
          if (isBatch) this.#isCommitted = outcome === 'committed';
          return outcome;
        },
      },
    };
  }

  #dieIf(isTime: boolean): void {
    if (!isTime) return;
    const point = this.#point;
    this.#point = undefined;
    throw new Crashed(`before ${point}`);
  }
}
