import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { LOCAL_REGION } from '../../service.ts';
import type { Publish } from './alarms/alarms.ts';

/** Publishes through the gateway, as any client would. */
export function topicPublisher(endpoint: string): { readonly publish: Publish; close(): void } {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SNSClient({ endpoint, region: LOCAL_REGION, credentials });
  return {
    publish: (TopicArn, Subject, Message) => client.send(new PublishCommand({ TopicArn, Subject, Message })),
    close: () => client.destroy(),
  };
}
