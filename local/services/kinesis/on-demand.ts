import { type HashRange, middleOf } from './hash-key.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import { SHARD_WRITE_BYTES, SHARD_WRITE_RECORDS } from './throttle.ts';

/** Source: Developer Guide, capacity modes: a stream can take up to double of its highest rate, no more than doubles in
 *  15 minutes, splits the shards that get more than half of what they can take, and ends at 200 MB/s. AWS does not say
 *  over what time it measures: a minute here. */
const WINDOW_MS = 60_000;
const DOUBLING_MS = 15 * 60_000;
const SHARDS_MAX = 200;

interface Load {
  readonly minute: number;
  readonly written: Map<Shard, { bytes: number; records: number }>;
}

/** Where a hot shard is cut. */
export interface Cut {
  readonly shardId: string;
  readonly newStart: string;
}

/** Watches what on-demand streams are given, and tells which of their shards to split. */
export class OnDemand {
  readonly #loads = new WeakMap<Stream, Load>();
  /** Open shards at the times of the latest splits, oldest first. */
  readonly #grown = new WeakMap<Stream, readonly { readonly atMs: number; readonly before: number }[]>();

  /** Cuts to make before a call of that time writes; none within a minute. */
  cuts(stream: Stream, nowMs: number): readonly Cut[] {
    const minute = Math.floor(nowMs / WINDOW_MS);
    const load = this.#loads.get(stream);
    if (stream.settings.mode !== 'ON_DEMAND' || load?.minute === minute) return [];
    this.#loads.set(stream, { minute, written: new Map() });
    if (load?.minute !== minute - 1) return [];
    const hot = [...load.written]
      .map(([shard, { bytes, records }]) => ({ shard, heat: heatOf(bytes, records) }))
      .filter(({ shard, heat }) => shard.isOpen && heat > 0.5 && canSplit(shard.range))
      .sort((a, b) => b.heat - a.heat);
    return this.#asRoomAllows(stream, hot, nowMs);
  }

  wrote(stream: Stream, shard: Shard, bytes: number): void {
    const written = this.#loads.get(stream)?.written;
    const soFar = written?.get(shard);
    if (soFar) {
      soFar.bytes += bytes;
      soFar.records += 1;
    } else written?.set(shard, { bytes, records: 1 });
  }

  #asRoomAllows(stream: Stream, hot: readonly { readonly shard: Shard }[], nowMs: number): readonly Cut[] {
    const recent = (this.#grown.get(stream) ?? []).filter(({ atMs }) => nowMs - atMs < DOUBLING_MS);
    const open = stream.openShardCount;
    const most = Math.min(SHARDS_MAX, 2 * (recent[0]?.before ?? open));
    const chosen = hot.slice(0, Math.max(0, most - open));
    if (chosen.length > 0) recent.push({ atMs: nowMs, before: open });
    this.#grown.set(stream, recent);
    return chosen.map(({ shard }) => ({ shardId: shard.id, newStart: middleOf(shard.range) }));
  }
}

/** What was written in a window, as a share of what a shard takes. */
function heatOf(bytes: number, records: number): number {
  const seconds = WINDOW_MS / 1000;
  return Math.max(bytes / SHARD_WRITE_BYTES, records / SHARD_WRITE_RECORDS) / seconds;
}

const canSplit = ({ start, end }: HashRange) => BigInt(`0x${end}`) - BigInt(`0x${start}`) > 3n;
