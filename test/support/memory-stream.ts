import { ServiceError } from '../../local/services/json-api.ts';
import type {
  ShardInfo,
  ShardPosition,
  ShardRead,
  StreamReader,
  StreamRecord,
} from '../../local/services/kinesis-reader.ts';

export const CONSUMER_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/events/consumer/fast:1700000000';
export const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';

const ALL_KEYS = { start: '0'.repeat(32), end: 'f'.repeat(32) };

interface Shard extends ShardInfo {
  records: StreamRecord[];
  closed: boolean;
  expired: boolean;
}

/** A stream in memory whose shards a test fills, closes and trims by hand. */
export interface MemoryStream extends StreamReader {
  open(shardId: string, ...parentShardIds: string[]): void;
  /** Puts records and gives their sequence numbers. A text `key:data` has its own partition key. */
  put(shardId: string, arrivalMs: number, ...data: (string | Buffer)[]): string[];
  close(shardId: string): void;
  /** Removes records from the front, as retention does. */
  trim(shardId: string, count: number): void;
  /** Takes a shard off the list, as happens to a closed one when retention has removed all its records. */
  expire(shardId: string): void;
  /** Makes the next reads fail. */
  failReads(count: number): void;
}

export function createMemoryStream(): MemoryStream {
  const shards = new Map<string, Shard>();
  // Real sequence numbers are beyond what a double tells apart; so are these.
  let sequence = 49590338271490256608559692538361571095921575989136588898n;
  let failing = 0;

  function shard(shardId: string): Shard {
    const found = shards.get(shardId);
    if (!found) throw new ServiceError('ResourceNotFoundException', `Shard ${shardId} does not exist`);
    return found;
  }

  function after(records: StreamRecord[], position: ShardPosition): StreamRecord[] {
    if (position === 'TRIM_HORIZON') return records;
    if (position === 'LATEST') return [];
    if ('fromMs' in position) return records.filter(({ arrivalMs }) => arrivalMs >= position.fromMs);
    return records.filter(({ sequenceNumber }) => BigInt(sequenceNumber) > BigInt(position.after));
  }

  function next(closed: boolean, all: StreamRecord[], read: StreamRecord[], position: ShardPosition, left: number) {
    if (left === 0 && closed) return null;
    const last = read.at(-1) ?? (position === 'LATEST' ? all.at(-1) : undefined);
    if (last) return { after: last.sequenceNumber };
    return position === 'LATEST' ? 'TRIM_HORIZON' : position;
  }

  return {
    shards(arn) {
      if (arn !== STREAM_ARN && arn !== CONSUMER_ARN)
        throw new ServiceError('ResourceNotFoundException', `Stream ${arn} not found`);
      return [...shards.values()].filter((shard) => !shard.expired);
    },
    read(_arn, shardId, position, limit): ShardRead {
      if (failing > 0) {
        failing -= 1;
        throw new ServiceError('ProvisionedThroughputExceededException', 'Rate exceeded');
      }
      const { records, closed } = shard(shardId);
      const found = after(records, position);
      const read = found.slice(0, limit);
      const left = found.length - read.length;
      return { records: read, next: next(closed, records, read, position, left), millisBehindLatest: left > 0 ? 1 : 0 };
    },
    open(shardId, ...parentShardIds) {
      shards.set(shardId, {
        shardId,
        hashKeyRange: ALL_KEYS,
        parentShardIds,
        records: [],
        closed: false,
        expired: false,
      });
    },
    put(shardId, arrivalMs, ...data) {
      return data.map((one) => {
        sequence += 7n;
        const sequenceNumber = String(sequence);
        const [, partitionKey, text] = (typeof one === 'string' && /^(\w+):(.*)$/s.exec(one)) || [
          undefined,
          'key',
          one,
        ];
        shard(shardId).records.push({ sequenceNumber, partitionKey, data: Buffer.from(text), arrivalMs });
        return sequenceNumber;
      });
    },
    close(shardId) {
      shard(shardId).closed = true;
    },
    trim(shardId, count) {
      shard(shardId).records.splice(0, count);
    },
    expire(shardId) {
      shard(shardId).expired = true;
    },
    failReads(count) {
      failing = count;
    },
  };
}
