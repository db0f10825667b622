import type { ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import type { ServiceError } from './json-api.ts';

/** Of a header's value: a string. Source of the format: Smithy, "Amazon Event Stream". */
const STRING = 7;

function header(name: string, value: string): Buffer {
  const length = Buffer.byteLength(value);
  return Buffer.concat([
    Buffer.of(Buffer.byteLength(name)),
    Buffer.from(name),
    Buffer.of(STRING, length >> 8, length & 0xff),
    Buffer.from(value),
  ]);
}

/** Total length, length of the headers, CRC-32 of these two, headers, payload, CRC-32 of all; big-endian. */
export function encodeMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + payload.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, payload]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(message));
  return Buffer.concat([message, check]);
}

/** An event of the JSON protocols. */
export function jsonMessage(type: string, event: object): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/x-amz-json-1.1', ':message-type': 'event' };
  return encodeMessage(headers, Buffer.from(JSON.stringify(event)));
}

/** The error that ends a stream of events. */
export function exceptionMessage({ code, message }: ServiceError): Buffer {
  const headers = {
    ':exception-type': code,
    ':content-type': 'application/x-amz-json-1.1',
    ':message-type': 'exception',
  };
  return encodeMessage(headers, Buffer.from(JSON.stringify({ message })));
}

/** An answer that goes on: messages as they come, until they end or the caller is gone. */
export class EventStream {
  readonly #messages: (gone: AbortSignal) => AsyncIterable<Buffer>;

  constructor(messages: (gone: AbortSignal) => AsyncIterable<Buffer>) {
    this.#messages = messages;
  }

  async send(response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const left = new Promise<void>((resolve) => gone.signal.addEventListener('abort', () => resolve()));
    response.once('close', () => gone.abort());
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    for await (const message of this.#messages(gone.signal)) {
      if (gone.signal.aborted) return;
      if (response.write(message)) continue;
      await Promise.race([left, new Promise((resolve) => response.once('drain', resolve))]);
    }
    response.end();
  }
}
