import type { PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { serviceError } from './errors.ts';
import type { Random } from './random.ts';
import type { SimRecord, SimShard, SimStream } from './stream.ts';

/** Pages of the API, small enough that every listing and reading takes several. */
const PAGE_SHARDS = 2;
const PAGE_RECORDS = 3;
/** GetRecords answers with no record at times, though there are some ahead. */
const EMPTY_PAGE = 0.2;

interface PutRecord {
  readonly PartitionKey: string;
  readonly Data: Uint8Array;
  readonly ExplicitHashKey?: string | undefined;
}

interface Iterator {
  readonly shard: SimShard;
  readonly index: number;
}

/** The API of Kinesis over the stream, as far as the function and the producer use it. */
export class SimKinesis {
  readonly #stream: SimStream;
  readonly #random: Random;

  constructor(stream: SimStream, random: Random) {
    this.#stream = stream;
    this.#random = random;
  }

  listShards({ NextToken, MaxResults = PAGE_SHARDS }: { NextToken?: string; MaxResults?: number }): object {
    const from = Number(NextToken?.split(' ')[1] ?? 0);
    const until = from + Math.min(MaxResults, PAGE_SHARDS);
    const Shards = this.#stream.shards.slice(from, until).map(described);
    return { Shards, ...(until < this.#stream.shards.length && { NextToken: `${this.#stream.name} ${until}` }) };
  }

  getShardIterator(input: { ShardId: string; ShardIteratorType: string; StartingSequenceNumber?: string }): object {
    const shard = this.#shard(input.ShardId);
    return { ShardIterator: this.#encode({ shard, index: startOf(shard, input) }) };
  }

  getRecords({ ShardIterator, Limit = PAGE_RECORDS }: { ShardIterator: string; Limit?: number }): object {
    const { shard, index: asked } = this.#decode(ShardIterator);
    const index = Math.max(asked, this.#stream.firstKept(shard));
    const size = this.#random.chance(EMPTY_PAGE) ? 0 : Math.min(Limit, PAGE_RECORDS);
    const found = shard.records.slice(index, index + size);
    const next = index + found.length;
    const behind = shard.records.length - next;
    const ends = shard.isClosed && behind === 0 && size > 0;
    return {
      Records: found.map(answered),
      MillisBehindLatest: behind * 100,
      ...(!ends && { NextShardIterator: this.#encode({ shard, index: next }) }),
    };
  }

  putRecord(input: PutRecord): PutRecordsResultEntry {
    const hash = input.ExplicitHashKey === undefined ? undefined : BigInt(input.ExplicitHashKey);
    const { shard, sequenceNumber } = this.#stream.accept(input.PartitionKey, input.Data, hash);
    return { SequenceNumber: sequenceNumber, ShardId: shard.id };
  }

  putRecords({ Records }: { Records: readonly PutRecord[] }, refuse: () => boolean): object {
    const answers = Records.map((record): PutRecordsResultEntry => {
      if (refuse()) return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
      return this.putRecord(record);
    });
    return { Records: answers, FailedRecordCount: answers.filter(({ ErrorCode }) => ErrorCode).length };
  }

  #shard(id: string): SimShard {
    const found = this.#stream.shards.find((shard) => shard.id === id);
    if (!found) throw serviceError('ResourceNotFoundException');
    return found;
  }

  #encode({ shard, index }: Iterator): string {
    return `${this.#stream.name} ${shard.id} ${index}`;
  }

  #decode(iterator: string): Iterator {
    const [, id = '', index] = iterator.split(' ');
    return { shard: this.#shard(id), index: Number(index) };
  }
}

function startOf(
  { records }: SimShard,
  {
    ShardIteratorType: type,
    StartingSequenceNumber: number,
  }: { ShardIteratorType: string; StartingSequenceNumber?: string },
): number {
  if (type === 'TRIM_HORIZON') return 0;
  if (type === 'LATEST') return records.length;
  const after = type === 'AFTER_SEQUENCE_NUMBER' ? 1n : 0n;
  const index = records.findIndex(({ sequenceNumber }) => BigInt(sequenceNumber) >= BigInt(number ?? 0) + after);
  return index < 0 ? records.length : index;
}

function described({ id, parents, from, to, firstSequenceNumber, records, isClosed }: SimShard): object {
  const [parent, adjacent] = parents;
  return {
    ShardId: id,
    ...(parent && { ParentShardId: parent.id }),
    ...(adjacent && { AdjacentParentShardId: adjacent.id }),
    HashKeyRange: { StartingHashKey: String(from), EndingHashKey: String(to) },
    SequenceNumberRange: {
      StartingSequenceNumber: firstSequenceNumber,
      ...(isClosed && {
        EndingSequenceNumber: String(BigInt(records.at(-1)?.sequenceNumber ?? firstSequenceNumber) + 1n),
      }),
    },
  };
}

const answered = ({ sequenceNumber, partitionKey, arrivalMs, data }: SimRecord): object => ({
  SequenceNumber: sequenceNumber,
  PartitionKey: partitionKey,
  ApproximateArrivalTimestamp: new Date(arrivalMs),
  Data: data,
});
