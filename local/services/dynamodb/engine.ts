import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import dynalite from 'dynalite';
import { ServiceError } from '../json-api.ts';

/** A request as it came, its body read. */
export interface EngineRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface EngineResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** DynamoDB's API, without the way over the network. */
export interface Engine {
  send(request: EngineRequest): Promise<EngineResponse>;
  /** Ends after the requests that are under way. */
  close(): Promise<void>;
}

/** The part of a server's response that dynalite uses. */
class Capture extends EventEmitter {
  statusCode = 200;
  readonly #headers: Record<string, string> = {};

  setHeader(name: string, value: string | number): void {
    this.#headers[name] = String(value);
  }

  end(body = ''): void {
    this.emit('answer', { status: this.statusCode, headers: this.#headers, body } satisfies EngineResponse);
  }
}

/** Opens dynalite on a directory, or in memory. It is handed whole requests in process: given the connection's own, it
 *  would end this process when a caller leaves half way. */
export async function openEngine(path: string | undefined): Promise<Engine> {
  const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // It closes its store only if it listens; nobody calls there.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const underWay = new Set<Promise<unknown>>();
  let isClosing = false;

  return {
    async send({ method, url, headers, body }) {
      if (isClosing) throw new ServiceError('ServiceUnavailable', 'DynamoDB is stopping', 503);
      const request = Object.assign(new EventEmitter(), { method, url, headers });
      const response = new Capture();
      const answered = once(response, 'answer');
      underWay.add(answered);
      try {
        server.emit('request', request, response);
        request.emit('data', body);
        request.emit('end');
        const [answer] = await answered;
        return answer;
      } finally {
        underWay.delete(answered);
      }
    },
    async close() {
      isClosing = true;
      await Promise.all(underWay);
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

/** Calls an operation as a client would. Throws a ServiceError with the API's own code. */
export async function callEngine<T>(engine: Engine, operation: string, input: object): Promise<T> {
  const { status, body } = await engine.send({
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: Buffer.from(JSON.stringify(input)),
  });
  const answer = JSON.parse(body);
  if (status === 200) return answer;
  throw new ServiceError(errorCode(answer), answer.message ?? answer.Message ?? '', status);
}

/** The bare code of an error answer, e.g. `ConditionalCheckFailedException`. */
export function errorCode(answer: { readonly __type?: string }): string {
  return answer.__type?.split('#').pop() ?? 'InternalFailure';
}
