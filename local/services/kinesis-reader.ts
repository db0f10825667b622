import type { HashRange } from './kinesis/hash-key.ts';

/** A record as it lies in a shard. */
export interface StreamRecord {
  /** Up to 129 decimal digits; compare as a big integer, never as a number. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivalMs: number;
}

export interface ShardInfo {
  readonly shardId: string;
  readonly hashKeyRange: HashRange;
  /** One parent after a split, two after a merge. */
  readonly parentShardIds: readonly string[];
}

/** Where to read on in a shard. */
export type ShardPosition = 'TRIM_HORIZON' | 'LATEST' | { readonly after: string } | { readonly fromMs: number };

export interface ShardRead {
  readonly records: readonly StreamRecord[];
  /** Where the next read goes on; null once a closed shard is drained. */
  readonly next: ShardPosition | null;
  readonly millisBehindLatest: number;
}

/** How the event source mapping reads a stream: in process, without the cost of HTTP. `sourceArn` is the ARN of the
 *  stream, whose readers share its throughput, or of a registered consumer of it, which has its own (enhanced fan-out). */
export interface StreamReader {
  /** Every shard that still holds records or is open. Throws a ServiceError when there is no such stream or consumer. */
  shards(sourceArn: string): readonly ShardInfo[];
  read(sourceArn: string, shardId: string, position: ShardPosition, limit: number): ShardRead;
}
