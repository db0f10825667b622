import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { KinesisStreamRecord } from 'aws-lambda';
import * as z from 'zod';
import type { Contender } from './contender.ts';
import { Request } from './workload.ts';

/** As many ids as Millrace remembers. */
const CACHE_IDS = 500_000;
const TABLE = 'powertools';

const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(512),
  source: z.string().min(1).max(1024),
  type: z.literal(Request.type),
  data: Request.schema,
});

/** Powertools for AWS Lambda as someone who knows it would set it up; docs/benchmarks.md says why so. */
export const powertools: Contender = {
  name: 'Powertools',
  // 500 calls at once wait for the SDK's 50 sockets, which it would warn of; more sockets were slower here.
  clientConfig: { requestHandler: { socketAcquisitionWarningTimeout: 60_000 } },
  table: {
    TableName: TABLE,
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  },
  handler(client, results) {
    const config = new IdempotencyConfig({
      expiresAfterSeconds: 3_600,
      useLocalCache: true,
      maxLocalCacheSize: CACHE_IDS,
      responseHook: (response) => {
        results.duplicates += 1;
        return response;
      },
    });
    // What it returns would be stored: nothing keeps the item smallest.
    const produce = async (record: KinesisStreamRecord, event: z.infer<typeof Envelope>, _id: string) => {
      results.rows.push(rowOf(record, event));
    };
    const produceOnce = makeIdempotent(produce, {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName: TABLE, awsSdkV3Client: client }),
      config,
      dataIndexArgument: 2,
    });
    const processor = new BatchProcessor(EventType.KinesisDataStreams);
    const handleRecord = async (record: KinesisStreamRecord) => {
      const event = Envelope.parse(JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString()));
      await produceOnce(record, event, event.id);
    };
    return (event, context) => {
      config.registerLambdaContext(context);
      return processPartialResponse(event, handleRecord, processor, { context, processInParallel: true });
    };
  },
};

function rowOf({ eventID, kinesis }: KinesisStreamRecord, { id, source, data }: z.infer<typeof Envelope>): string {
  return JSON.stringify({
    event_id: id,
    event_source: source,
    event_time: new Date(data.at).toISOString(),
    shard_id: eventID.split(':', 1)[0],
    sequence_number: kinesis.sequenceNumber,
    ...data,
  });
}
