import { type HashRange, isIn } from '../../core/engine/hash-range.ts';
import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { partitionKeyOf } from '../../core/event/partition-key.ts';
import { PageRequest } from '../../pipelines/web-traffic/events.ts';

const DAY_MS = 86_400_000;

/** An event for each shard, a day after all others: the last there, so that event time passes all windows before. */
export function closingEvents(ranges: readonly HashRange[], lastMs: number): readonly CloudEvent[] {
  const at = new Date(lastMs + DAY_MS).toISOString();
  return ranges.map((range, n) => {
    const host = hostIn(range);
    const data = { host, at, method: 'GET' as const, url: '/', status: 200, bytes: 0 };
    return createEvent(PageRequest, { id: `closing-${n}`, source: '/torture', data });
  });
}

/** A host whose events come to a shard. */
function hostIn(range: HashRange): string {
  for (let n = 0; ; n++) {
    const host = `closing-${n}.example`;
    if (isIn(range, partitionKeyOf(host))) return host;
  }
}
