import { SimDynamoDB } from './dynamodb.ts';
import { type Fate, SimFirehose } from './firehose.ts';
import { SimKinesis } from './kinesis.ts';
import type { Random } from './random.ts';
import { SimS3 } from './s3.ts';
import { SimSns } from './sns.ts';
import type { SimStream } from './stream.ts';
import { SimViews } from './views.ts';
import type { World } from './world.ts';

/** What may happen to a single record of a call of many. */
export interface RecordFates {
  /** Whether Kinesis or SNS turns it away. */
  refused(): boolean;
  delivery(): Fate;
}

/** Table of the commit logs; all others are views. */
export const LOG_TABLE = 'log';

/** Where a command of Kinesis says which stream it is about: by name, or at the beginning of what the last call gave. */
interface OfStream {
  readonly StreamName?: string;
  readonly StreamARN?: string;
  readonly NextToken?: string;
  readonly ShardIterator?: string;
}

/** The services that the functions and the producer call, in memory. A command either takes effect whole, at the moment
 *  it is handled, or fails. */
export class Services {
  readonly dynamodb: SimDynamoDB;
  readonly views = new SimViews();
  readonly firehose = new SimFirehose();
  readonly sns = new SimSns();
  readonly s3: SimS3;
  readonly #kinesis: ReadonlyMap<string, SimKinesis>;

  constructor(world: World, streams: readonly SimStream[], random: Random) {
    this.dynamodb = new SimDynamoDB(world);
    this.s3 = new SimS3(world);
    this.#kinesis = new Map(streams.map((stream) => [stream.name, new SimKinesis(stream, random)]));
  }

  handle(command: object, fates: RecordFates): object {
    const { input } = command as { input: never };
    switch (command.constructor.name) {
      case 'PutItemCommand':
        return (input as { TableName: string }).TableName === LOG_TABLE
          ? this.dynamodb.putItem(input)
          : this.views.putItem(input);
      case 'GetItemCommand':
        return this.dynamodb.getItem(input);
      case 'QueryCommand':
        return this.dynamodb.query(input);
      case 'PutRecordBatchCommand':
        return this.firehose.putRecordBatch(input, fates.delivery);
      case 'PublishBatchCommand':
        return this.sns.publishBatch(input, fates.refused);
      case 'PutObjectCommand':
        return this.s3.putObject(input);
      case 'GetObjectCommand':
        return this.s3.getObject(input);
      case 'ListShardsCommand':
        return this.#of(input).listShards(input);
      case 'GetShardIteratorCommand':
        return this.#of(input).getShardIterator(input);
      case 'GetRecordsCommand':
        return this.#of(input).getRecords(input);
      case 'PutRecordCommand':
        return this.#of(input).putRecord(input);
      case 'PutRecordsCommand':
        return this.#of(input).putRecords(input, fates.refused);
      default:
        throw new Error(`${command.constructor.name} is not simulated`);
    }
  }

  #of({ StreamName, StreamARN, NextToken, ShardIterator }: OfStream): SimKinesis {
    const name = StreamName ?? StreamARN?.split('/')[1] ?? (NextToken ?? ShardIterator)?.split(' ')[0];
    return this.#kinesis.get(String(name)) as SimKinesis;
  }
}
