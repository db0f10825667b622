import type { PublishBatchInput } from '@aws-sdk/client-sns';

/** A message that was told, by the attributes it has. */
export interface Told {
  readonly id: string;
  readonly source: string;
  readonly alert: string;
  readonly key: string;
  readonly text: string;
}

/** SNS with nobody but the oracle listening. */
export class SimSns {
  readonly told: Told[] = [];

  publishBatch({ PublishBatchRequestEntries: entries = [] }: PublishBatchInput, refused: () => boolean): object {
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const { Id, Message = '', MessageAttributes = {} } of entries) {
      if (refused()) {
        Failed.push({ Id, Code: 'InternalError', SenderFault: false });
        continue;
      }
      const attribute = (name: string) => String(MessageAttributes[name]?.StringValue);
      const [id, source, alert, key] = ['id', 'source', 'alert', 'key'].map(attribute) as [
        string,
        string,
        string,
        string,
      ];
      this.told.push({ id, source, alert, key, text: Message });
      Successful.push({ Id });
    }
    return { Successful, Failed };
  }
}
