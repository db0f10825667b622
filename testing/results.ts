import { memoryAlerts } from '../adapters/memory/alerts.ts';
import { memoryLake } from '../adapters/memory/lake.ts';
import { memoryViews } from '../adapters/memory/views.ts';
import type { CloudEvent } from '../core/event/index.ts';
import { type Clock, NEXT_HOP, type OutgoingRecord, type Sinks, type Streams } from '../core/ports.ts';
import type { MemoryStream } from './stream.ts';

/** What has come out of a driven pipeline. */
export class Results {
  readonly lake = memoryLake();
  readonly alerts = memoryAlerts();
  readonly views = memoryViews();
  readonly #sent = new Map<string, CloudEvent[]>();

  /** The events put to a stream of the pipeline's own, each id once. */
  sent(stream: string): readonly CloudEvent[] {
    const events = this.#sent.get(stream) ?? [];
    return [...new Map(events.map((each) => [JSON.stringify([each.source, each.id]), each])).values()];
  }

  /** Takes what a part of the pipeline gives out; `next` is the stream behind it. */
  sinks(next: MemoryStream | undefined, clock: Clock): Sinks {
    const toSent = (stream: string, records: readonly OutgoingRecord[]) => {
      const events = records.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
      this.#sent.set(stream, [...(this.#sent.get(stream) ?? []), ...events]);
    };
    const streams: Streams = {
      async put(stream, records) {
        if (stream !== NEXT_HOP) toSent(stream, records);
        else for (const record of records) next?.put({ ...record, arrivalMs: clock.now() });
      },
      async broadcast(_, dataFor) {
        const shardIds = next?.open.map(({ shardId }) => shardId) ?? [];
        const data = dataFor(shardIds);
        for (const shardId of shardIds) next?.putInto(shardId, { partitionKey: shardId, arrivalMs: clock.now(), data });
      },
    };
    return { lake: this.lake, alerts: this.alerts, views: this.views, streams };
  }
}
