import { idempotencyKey } from '../../core/engine/idempotency-key.ts';
import type { IsDropped } from './oracle.ts';
import type { Part } from './parts.ts';
import { rowsOf } from './rows.ts';
import type { Services } from './services.ts';

/** What the stream dropped before it was finished may have been taken in, and nobody have heard of that: the row of the
 *  order's state tells, or the quarantine, or, of what has no state, the log. */
export function droppedOf({ stream, mapping, inspector }: Part, services: Services): IsDropped {
  if (mapping.skipped.size === 0) return () => false;
  const entries = stream.shards.flatMap((shard) => inspector.entriesOf(shard).slice(1));
  const keys = new Set(entries.flatMap((entry) => entry.keys.map(({ key }) => key)));
  const nameOf = (id: unknown, sequenceNumber: unknown) => `${id} ${sequenceNumber}`;
  const counted = new Set(
    rowsOf(services, 'counts').map(({ event_id, sequence_number }) => nameOf(event_id, sequence_number)),
  );
  const quarantined = new Set(rowsOf(services, 'quarantine').map(({ event_id }) => event_id));
  return (record, sub, user) => {
    const { shard, sequenceNumber } = record;
    if (!mapping.skipped.has(record) || quarantined.has(`${shard.id}:${sequenceNumber}:${sub}`)) return false;
    if (user.is === 'order') return !counted.has(nameOf(`${user.id}/count.0`, sequenceNumber));
    return user.is !== 'visit' || !keys.has(idempotencyKey('/site', user.id));
  };
}
