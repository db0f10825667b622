import { Agent, request } from 'node:http';

/** Bytes of an event, before base64. */
export const EVENT_BYTES = 100;
/** Records of a call, which is the most that PutRecords takes. */
export const CALL_RECORDS = 500;
/** Calls under way at once, each on a connection of its own. */
const CONCURRENCY = 4;
/** Calls that differ; they are put again and again. */
const DISTINCT_CALLS = 64;

/** What names the service to whoever looks at the signature; nobody here checks it. */
const SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0';

/** A client that costs as little as one can: bodies made before, plain HTTP/1.1, connections kept. */
export class Load {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  readonly #bodies: readonly Buffer[];

  constructor(port: number, streamName: string) {
    this.#port = port;
    this.#bodies = Array.from({ length: DISTINCT_CALLS }, (_, call) => putBody(streamName, call));
  }

  /** Puts so many events in full calls, a few at once.
   *  @throws Error when a call or a record is refused. */
  async put(events: number): Promise<void> {
    const calls = events / CALL_RECORDS;
    let next = 0;
    const worker = async () => {
      while (next < calls) {
        next += 1;
        const answer = await this.call('PutRecords', this.#bodies[next % DISTINCT_CALLS] as Buffer);
        if (!/"FailedRecordCount"\s*:\s*0/.test(answer)) throw new Error(`PutRecords: ${answer.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  /** One call to Kinesis; its answer as text. */
  call(operation: string, body: Buffer | object): Promise<string> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': bytes.length,
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: SIGNATURE,
    };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method: 'POST', agent: this.#agent, headers };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${operation}: ${response.statusCode} ${text.slice(0, 300)}`));
        });
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function putBody(StreamName: string, call: number): Buffer {
  const Records = Array.from({ length: CALL_RECORDS }, (_, n) => {
    const id = call * CALL_RECORDS + n;
    const data = JSON.stringify({ id, pad: '' });
    return {
      Data: Buffer.from(data.replace('""', JSON.stringify('.'.repeat(EVENT_BYTES - data.length)))).toString('base64'),
      PartitionKey: `key-${id}`,
    };
  });
  return Buffer.from(JSON.stringify({ StreamName, Records }));
}
