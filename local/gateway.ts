import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, createServer as createHttp2Server } from 'node:http2';
import { createServer as createNetServer, type Socket } from 'node:net';
import type { Faults } from './faults.ts';
import type { Permissions } from './iam/permissions.ts';
import { serviceScope } from './route.ts';
import type { LocalService } from './service.ts';
import { ServiceError } from './services/json-api.ts';

/** One address that answers for every local service, over HTTP/1.1 and HTTP/2 without TLS. */
export interface Gateway {
  readonly port: number;
  /** E.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Answers from now on for these services, in place of those given before. Until then requests get a 503, which
   *  every SDK tries again. */
  serve(services: readonly LocalService[]): void;
  /** Ends at once: open connections are cut. The services themselves stay open. */
  close(): Promise<void>;
}

/** Who sees each request before its service does. */
export interface Guards {
  readonly faults?: Faults | undefined;
  readonly permissions?: Permissions | undefined;
}

const HOST = '127.0.0.1';
/** How an HTTP/2 connection begins, RFC 9113 section 3.4: no HTTP/1.1 method does. */
const HTTP2_PREFACE = 'PRI';

/** Calls back once with whether the connection speaks HTTP/2, and leaves what was looked at to be read again. */
function sniff(socket: Socket, found: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const start = head.toString('latin1', 0, HTTP2_PREFACE.length);
    if (start.length < HTTP2_PREFACE.length && HTTP2_PREFACE.startsWith(start)) return;
    socket.off('readable', look);
    socket.unshift(head);
    found(start === HTTP2_PREFACE);
  };
  socket.on('readable', look);
}

/** An error in the dialect the caller understands: JSON for the JSON protocols, else XML. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  const isJson = request.headers['x-amz-target'] !== undefined || /json/.test(request.headers['content-type'] ?? '');
  const escaped = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = isJson
    ? JSON.stringify({ __type: code, message })
    : `<ErrorResponse><Error><Code>${code}</Code><Message>${escaped}</Message></Error></ErrorResponse>`;
  response.writeHead(status, {
    'content-type': isJson ? 'application/x-amz-json-1.1' : 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-amzn-errortype': code,
  });
  response.end(body);
}

async function route(
  services: ReadonlyMap<string, LocalService>,
  { faults, permissions }: Guards,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const administered = faults?.administer(request, response);
  if (administered) return administered;
  const scope = serviceScope(request);
  const service = scope === undefined ? undefined : services.get(scope);
  response.setHeader('x-amzn-requestid', randomUUID());
  if (service && scope !== undefined) {
    const admitted = permissions ? await permissions.admit(scope, request, response) : request;
    if (admitted && faults) await faults.handle(scope, service, admitted, response);
    else if (admitted) await service.handle(admitted, response);
  } else if (services.size === 0)
    refuse(request, response, 503, 'ServiceUnavailable', 'The local services are starting');
  else if (scope === undefined)
    refuse(request, response, 403, 'MissingAuthenticationToken', 'The request is not signed: sign it with any key');
  else {
    const known = [...services.keys()].sort().join(', ');
    refuse(request, response, 501, 'NotImplemented', `"${scope}" does not run here; the services that do: ${known}`);
  }
}

function listen(server: ReturnType<typeof createNetServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') reject(error);
      else reject(new Error(`Port ${port} is taken: choose another with --port`, { cause: error }));
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Opens the gateway on 127.0.0.1. Port 0 takes a free one. Throws an error that names the port when it is taken. */
export async function openGateway(port: number, guards: Guards = {}): Promise<Gateway> {
  let services: ReadonlyMap<string, LocalService> = new Map();
  const answer = (request: IncomingMessage, response: ServerResponse, cut: () => void) => {
    // A caller that leaves in the middle of its request or answer is no failure of the service's.
    request.on('error', () => {});
    response.on('error', () => {});
    route(services, guards, request, response).catch((error: unknown) => {
      if (response.headersSent) return cut();
      const message = error instanceof Error ? error.message : String(error);
      const [status, code] = error instanceof ServiceError ? [error.status, error.code] : [500, 'InternalFailure'];
      refuse(request, response, status, code, message);
    });
  };

  // SDKs keep connections open and meet a reset when the server closes an idle one just then: never do.
  const http = createServer({ keepAliveTimeout: 0 }, (request, response) =>
    answer(request, response, () => response.destroy()),
  );
  // Node's compatibility API: its request and response stand in for HTTP/1.1's. Destroyed, a stream would seem whole.
  const http2 = createHttp2Server((request, response) =>
    answer(request as unknown as IncomingMessage, response as unknown as ServerResponse, () =>
      response.stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    ),
  );
  http2.on('sessionError', () => {});

  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    sniff(socket, (isHttp2) => (isHttp2 ? http2 : http).emit('connection', socket));
  });
  const bound = await listen(server, port);

  return {
    port: bound,
    endpoint: `http://${HOST}:${bound}`,
    serve(given) {
      services = new Map(given.flatMap((service) => service.scopes.map((scope) => [scope, service] as const)));
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}
