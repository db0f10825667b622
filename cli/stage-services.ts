import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { dynamoCommitLog } from '../adapters/dynamodb/commit-log.ts';
import { listOpenShards, listShards } from '../adapters/kinesis/shards.ts';
import { s3ObjectStore } from '../adapters/s3/object-store.ts';
import { ShardLogs } from '../core/engine/shard-log.ts';
import type { CloudEvent } from '../core/event/index.ts';
import type { Shard } from '../core/ports.ts';
import { EPOCH } from '../infra/names.ts';
import type { PartOutputs } from './outputs.ts';
import type { Placed } from './taken.ts';
import type { Target } from './target.ts';

/** The streams and logs of a stage. */
export class StageServices {
  readonly #kinesis: KinesisClient;
  readonly #dynamo: DynamoDBClient;
  readonly #s3: S3Client;

  constructor({ client }: Target) {
    // A shard that producers keep at its limit turns away a good part of the puts.
    this.#kinesis = new KinesisClient({ ...client, maxAttempts: 10 });
    this.#dynamo = new DynamoDBClient(client);
    this.#s3 = new S3Client({ ...client, forcePathStyle: true });
  }

  /** The logs of a part; their states remember ids as far back as `horizonMs`, none unless given. */
  logsOf({ name, logTableName }: PartOutputs, bucketName: string, horizonMs = 0): ShardLogs {
    const clock = Date;
    const log = dynamoCommitLog({ client: this.#dynamo, table: logTableName, pipeline: name, epoch: EPOCH, clock });
    return new ShardLogs({ log, objects: s3ObjectStore(this.#s3, bucketName), clock }, `${name}/${EPOCH}`, horizonMs);
  }

  listShards(streamName: string): Promise<readonly Shard[]> {
    return listShards(this.#kinesis, { StreamName: streamName });
  }

  listOpenShards(streamName: string): Promise<readonly Shard[]> {
    return listOpenShards(this.#kinesis, { StreamName: streamName });
  }

  /** Puts a record under a partition key: to the shard of this hash key, a decimal number, or to the key's own. */
  async put(
    streamName: string,
    record: CloudEvent,
    { key, hashKey }: { readonly key: string; readonly hashKey: string | undefined },
  ): Promise<Placed> {
    const { ShardId = '', SequenceNumber = '' } = await this.#kinesis.send(
      new PutRecordCommand({
        StreamName: streamName,
        PartitionKey: key,
        ExplicitHashKey: hashKey,
        Data: Buffer.from(JSON.stringify(record)),
      }),
    );
    return { shardId: ShardId, sequenceNumber: SequenceNumber };
  }

  close(): void {
    for (const client of [this.#kinesis, this.#dynamo, this.#s3]) client.destroy();
  }
}
