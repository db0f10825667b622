import { SimDynamoDB } from './dynamodb.ts';
import { type Fate, SimFirehose } from './firehose.ts';
import { SimKinesis } from './kinesis.ts';
import type { Random } from './random.ts';
import { SimS3 } from './s3.ts';
import type { SimStream } from './stream.ts';
import type { World } from './world.ts';

/** What may happen to a single record of a call of many. */
export interface RecordFates {
  put(): boolean;
  delivery(): Fate;
}

/** The services that the function and the producer call, in memory. A command either takes effect whole, at the moment
 *  it is handled, or fails. */
export class Services {
  readonly dynamodb: SimDynamoDB;
  readonly firehose = new SimFirehose();
  readonly s3: SimS3;
  readonly #kinesis: SimKinesis;

  constructor(world: World, stream: SimStream, random: Random) {
    this.dynamodb = new SimDynamoDB(world);
    this.s3 = new SimS3(world);
    this.#kinesis = new SimKinesis(stream, random);
  }

  handle(command: object, fates: RecordFates): object {
    const { input } = command as { input: never };
    switch (command.constructor.name) {
      case 'PutItemCommand':
        return this.dynamodb.putItem(input);
      case 'GetItemCommand':
        return this.dynamodb.getItem(input);
      case 'QueryCommand':
        return this.dynamodb.query(input);
      case 'PutRecordBatchCommand':
        return this.firehose.putRecordBatch(input, fates.delivery);
      case 'PutObjectCommand':
        return this.s3.putObject(input);
      case 'GetObjectCommand':
        return this.s3.getObject(input);
      case 'ListShardsCommand':
        return this.#kinesis.listShards(input);
      case 'GetShardIteratorCommand':
        return this.#kinesis.getShardIterator(input);
      case 'GetRecordsCommand':
        return this.#kinesis.getRecords(input);
      case 'PutRecordCommand':
        return this.#kinesis.putRecord(input);
      case 'PutRecordsCommand':
        return this.#kinesis.putRecords(input, fates.put);
      default:
        throw new Error(`${command.constructor.name} is not simulated`);
    }
  }
}
