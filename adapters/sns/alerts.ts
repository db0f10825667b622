import { createHash } from 'node:crypto';
import { PublishBatchCommand, type PublishBatchRequestEntry, type SNSClient } from '@aws-sdk/client-sns';
import { inParallel } from '../../core/in-parallel.ts';
import type { AlertMessage, Alerts } from '../../core/ports.ts';
import { insist, type Patience, type Refused } from '../insist.ts';
import { transiently } from '../transient.ts';

export interface AlertsOptions extends Patience {
  readonly client: SNSClient;
  /** Id of the alert → ARN of its topic. */
  readonly topics: Readonly<Record<string, string>>;
}

/** What a call takes, messages with their attributes (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html). */
const MAX_MESSAGES = 10;
const MAX_BYTES = 262_144;
const CONCURRENT_CALLS = 4;

/** Longest attribute, so that a text of the longest has room beside all of them. */
const MAX_ATTRIBUTE_CHARS = 1_024;

/** Alerts as messages of SNS: the text is the message; attributes, by which subscriptions can filter, are `id`, `source`,
 *  `alert`, `key` and `time` (RFC 3339, UTC). */
export function snsAlerts(options: AlertsOptions): Alerts {
  const { client, topics } = options;
  return {
    async publish(alerts) {
      const byAlert = Map.groupBy(alerts, ({ alert }) => alert);
      const calls = [...byAlert].flatMap(([alert, ofAlert]) => {
        const topic = topics[alert];
        if (topic === undefined) throw new Error(`alert '${alert}' has no topic`);
        return callsOf(ofAlert).map((messages) => ({ alert, topic, messages }));
      });
      await inParallel(CONCURRENT_CALLS, calls, ({ alert, topic, messages }) =>
        insist(`alert ${alert}: messages`, messages, (left) => publish(client, topic, left), options),
      );
    },
  };
}

type Message = Omit<PublishBatchRequestEntry, 'Id'>;

/** As many messages in a call as it takes. */
function callsOf(alerts: readonly AlertMessage[]): readonly (readonly Message[])[] {
  const calls: Message[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of alerts.map(messageOf)) {
    const size = bytesOf(message);
    const call = calls.at(-1);
    if (call && call.length < MAX_MESSAGES && bytes + size <= MAX_BYTES) call.push(message);
    else {
      calls.push([message]);
      bytes = 0;
    }
    bytes += size;
  }
  return calls;
}

function messageOf({ alert, id, source, key, timeMs, subject, text }: AlertMessage): Message {
  const attributes = { id, source, alert, key, time: new Date(timeMs).toISOString() };
  const asText = (text: string) => ({ DataType: 'String', StringValue: bounded(readable(text)) });
  return {
    Message: readable(text),
    Subject: subject,
    MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, each]) => [name, asText(each)])),
  };
}

/** Text that any protocol of a subscription can carry: without half surrogate pairs and what XML does not allow. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd');
}

/** The text, or what tells it from others where it is too long. */
function bounded(text: string): string {
  if (text.length <= MAX_ATTRIBUTE_CHARS) return text;
  const digest = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, MAX_ATTRIBUTE_CHARS - digest.length - 1).toWellFormed()}…${digest}`;
}

function bytesOf({ Message = '', Subject = '', MessageAttributes = {} }: Message): number {
  const texts = Object.entries(MessageAttributes).flatMap(([name, { DataType = '', StringValue = '' }]) => [
    name,
    DataType,
    StringValue,
  ]);
  return [Message, Subject, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** One call. A message that is refused for what it is would be refused again. */
async function publish(client: SNSClient, topic: string, messages: readonly Message[]): Promise<Refused<Message>> {
  const entries = messages.map((message, index) => ({ ...message, Id: String(index) }));
  const command = new PublishBatchCommand({ TopicArn: topic, PublishBatchRequestEntries: entries });
  const { Successful = [], Failed = [] } = await transiently(`topic ${topic}`, () => client.send(command));
  const fault = Failed.find(({ SenderFault }) => SenderFault);
  if (fault) throw new Error(`topic ${topic}: a message is refused for good, ${fault.Code}`);
  const taken = new Set(Successful.map(({ Id }) => Number(Id)));
  return { left: messages.filter((_, index) => !taken.has(index)), cause: Failed[0]?.Code };
}
