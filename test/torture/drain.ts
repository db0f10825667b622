import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { listShards } from './shards.ts';

/** What a stack still has before it. */
interface Backlog {
  /** Shards with records that the mapping has not finished. */
  readonly shards: number;
  /** Journals of Firehose with rows that are not in S3. */
  readonly journals: number;
}

/** How a mapping writes down where it is in a shard. */
type Position = 'TRIM_HORIZON' | 'LATEST' | { readonly after: string };

export interface DrainOptions {
  readonly kinesis: KinesisClient;
  /** State directory of the stack. */
  readonly state: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** From the last fault on, a stack has so long to catch up: a frozen function's timeout and the longest back-off are a
 *  minute each. */
const PATIENCE_MS = 8 * 60_000;
const POLL_MS = 500;
const LINE_MS = 5_000;

/** Waits until a stack has done all it has to do.
 *  @returns what is left after eight minutes, as a sentence; nothing when all is done. */
export async function drained(options: DrainOptions): Promise<readonly string[]> {
  const drain = new Drain(options);
  const startedMs = performance.now();
  for (let lineAtMs = startedMs; ; await pause(POLL_MS, undefined, { signal: options.signal })) {
    const { shards, journals } = await drain.backlog();
    if (shards + journals === 0) return [];
    const left = `shards behind ${shards}, files of Firehose not delivered ${journals}`;
    const nowMs = performance.now();
    if (nowMs - startedMs > PATIENCE_MS) return [`${PATIENCE_MS / 1000} s after the last fault: ${left}`];
    if (nowMs < lineAtMs) continue;
    options.log(left);
    lineAtMs = nowMs + LINE_MS;
  }
}

/** Tells exactly what is left to do, by what the stack itself writes down in its state directory: how far the mapping is
 *  in each shard, and which rows Firehose has accepted and not delivered. */
class Drain {
  readonly #kinesis: KinesisClient;
  readonly #state: string;
  /** Closed shards that are finished stay so. */
  readonly #finished = new Set<string>();

  constructor({ kinesis, state }: DrainOptions) {
    this.#kinesis = kinesis;
    this.#state = state;
  }

  async backlog(): Promise<Backlog> {
    const mappings = join(this.#state, 'mappings');
    let shards = 0;
    for (const streamName of await readdir(mappings))
      shards += await this.#behind(streamName, join(mappings, streamName));
    // Only now: what the mappings have finished is with Firehose by then.
    const files = await readdir(join(this.#state, 'firehose'), { recursive: true });
    return { shards, journals: files.filter((name) => name.endsWith('.journal')).length };
  }

  /** How many shards of a stream a mapping has not finished. */
  async #behind(streamName: string, directory: string): Promise<number> {
    const mappings = await positionsIn(directory);
    let behind = 0;
    for (const { ShardId = '', SequenceNumberRange } of await listShards(this.#kinesis, { StreamName: streamName })) {
      const name = `${streamName} ${ShardId}`;
      if (this.#finished.has(name)) continue;
      const left = mappings.map((positions) => this.#hasMore(streamName, ShardId, positions[ShardId]?.position));
      if ((await Promise.all(left)).includes(true)) behind += 1;
      else if (SequenceNumberRange?.EndingSequenceNumber) this.#finished.add(name);
    }
    return behind;
  }

  async #hasMore(StreamName: string, ShardId: string, position: Position = 'TRIM_HORIZON'): Promise<boolean> {
    const start =
      typeof position === 'string'
        ? { ShardIteratorType: position }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: position.after };
    const { ShardIterator } = await this.#kinesis.send(new GetShardIteratorCommand({ StreamName, ShardId, ...start }));
    const { Records = [] } = await this.#kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }));
    return Records.length > 0;
  }
}

/** How far each mapping of a stream is in its shards. */
async function positionsIn(
  directory: string,
): Promise<readonly Readonly<Record<string, { readonly position: Position } | undefined>>[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8'))));
}
