import { join } from 'node:path';
import type { LocalService, RecordMetric, ServiceContext } from '../service.ts';
import { openFauxqs, type Published } from './s3/fauxqs.ts';
import { provisionsOf } from './s3/provisions.ts';

/** S3, SNS, SQS and STS's GetCallerIdentity on this machine, by fauxqs: kept under `stateDir` when given. Objects are
 *  files: `s3/buckets/<bucket>/objects/<key>.data`.
 *  Honours listing in pages, ranges, conditions, multipart uploads, checksums as given (it does not verify them);
 *  refuses versions, tags, policies and other subresources. Topics deliver to queues only, and tell `onPublish`. */
export async function createS3(
  context: ServiceContext,
  onPublish?: (published: Published) => void,
): Promise<LocalService> {
  const fauxqs = await openFauxqs({
    objectsDir: join(context.stateDir ?? context.scratchDir, 's3'),
    messagesDir: context.stateDir && join(context.stateDir, 'messages'),
    endpoint: context.endpoint,
    log: context.log,
    onPublish(published) {
      countPublished(context.metric, published);
      onPublish?.(published);
    },
  });
  return {
    scopes: ['s3', 'sns', 'sqs', 'sts'],
    provisions: provisionsOf(fauxqs),
    handle: (request, response) => fauxqs.app.routing(request, response),
    close: () => fauxqs.close(),
  };
}

/** Source: SNS Developer Guide, monitoring topics with CloudWatch. */
function countPublished(metric: RecordMetric, { topic, message }: Published): void {
  metric('AWS/SNS', 'NumberOfMessagesPublished', { TopicName: topic }, 1);
  metric('AWS/SNS', 'PublishSize', { TopicName: topic }, Buffer.byteLength(message));
}
