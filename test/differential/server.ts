import type { Call } from './call.ts';
import { Memory } from './memory.ts';

const SETTLE_MS = 2000;
const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One of the two that are compared, with what it has answered in this sequence of calls. */
export class Server {
  readonly #endpoint: string;
  memory = new Memory();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  forget(): void {
    this.memory = new Memory();
  }

  call({ operation, input }: Call): Promise<Answer> {
    return this.#post(operation, this.memory.resolve(input));
  }

  /** Waits until the stream and its consumers are neither being made, nor changed, nor deleted, and looks at its shards.
   *  False when that takes too long. */
  async settle(StreamName: string): Promise<boolean> {
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const { body } = await this.#post('DescribeStream', { StreamName, Limit: 100 });
      const { StreamStatus: status, Shards: shards } = (body.StreamDescription ?? {}) as {
        StreamStatus?: string;
        Shards?: [];
      };
      const isSettled = status === undefined || (status === 'ACTIVE' && (await this.#hasSettledConsumers(StreamName)));
      if (isSettled) this.memory.see(shards ?? []);
      if (isSettled || Date.now() > deadline) return isSettled;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #hasSettledConsumers(stream: string): Promise<boolean> {
    const { body } = await this.#post('ListStreamConsumers', { StreamARN: `${ARN}${stream}` });
    const consumers = (body.Consumers ?? []) as readonly { readonly ConsumerStatus: string }[];
    return consumers.every(({ ConsumerStatus }) => ConsumerStatus === 'ACTIVE');
  }

  async #post(operation: string, input: unknown): Promise<Answer> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Kinesis_20131202.${operation}`,
        'x-amz-date': '20200101T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=000000000000/20200101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }
}
