import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { serviceScope } from '../../local/route.ts';
import type { LocalService } from '../../local/service.ts';
import { readBody } from '../../local/services/json-api.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';

const open: Gateway[] = [];

async function gatewayWith(...services: LocalService[]): Promise<Gateway> {
  const gateway = await openGateway(0);
  open.push(gateway);
  gateway.serve(services);
  return gateway;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

/** Answers with its scope, the HTTP version and the length of the body. */
function echo(scope: string): LocalService {
  return {
    scopes: [scope],
    provisions: {},
    async handle(request, response) {
      const body = await readBody(request);
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(`${scope} ${request.httpVersion} ${body.length}`);
    },
    async close() {},
  };
}

const signedFor = (scope: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/${scope}/aws4_request, SignedHeaders=host, Signature=0`,
});

describe('serviceScope', () => {
  it.each([
    ['a signature', { headers: signedFor('firehose'), url: '/' }, 'firehose'],
    [
      'Signature Version 4A',
      { headers: { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=k/20260101/s3/aws4_request, S=0' }, url: '/' },
      's3',
    ],
    [
      'a presigned URL',
      { headers: {}, url: '/b/k?X-Amz-Credential=key%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0' },
      's3',
    ],
    ['an old presigned URL', { headers: {}, url: '/b/k?AWSAccessKeyId=key&Signature=0&Expires=1' }, 's3'],
    ['an old signature', { headers: { authorization: 'AWS key:signature' }, url: '/b/k' }, 's3'],
    ['a target', { headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' }, url: '/' }, 'dynamodb'],
    ['nothing', { headers: {}, url: '/' }, undefined],
    ['nonsense', { headers: { authorization: 'AWS4-HMAC-SHA256' }, url: undefined }, undefined],
  ])('reads %s', (_what, request, scope) => {
    expect(serviceScope(request)).toBe(scope);
  });
});

describe('openGateway', () => {
  it('answers the stock Kinesis client, 50 calls at once, and HTTP/1.1 on the same port', async () => {
    const kinesis = createKinesis(
      { endpoint: '', stateDir: undefined, scratchDir: '', metric() {}, log() {} },
      { limits: false },
    );
    const gateway = await gatewayWith(kinesis, echo('echo'));
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
    expect(client.config.requestHandler.metadata?.handlerProtocol).toBe('h2');
    await client.send(new CreateStreamCommand({ StreamName: 'stream', ShardCount: 4 }));
    const Records = Array.from({ length: 100 }, (_, i) => ({ PartitionKey: `k${i}`, Data: Buffer.from('data') }));
    const call = () => client.send(new PutRecordsCommand({ StreamName: 'stream', Records }));
    const answers = await Promise.all(Array.from({ length: 50 }, call));
    expect(answers.map((answer) => answer.FailedRecordCount)).toEqual(Array.from({ length: 50 }, () => 0));
    expect(new Set(answers.flatMap((a) => a.Records?.map((r) => r.SequenceNumber))).size).toBe(5000);
    expect(answers[0]?.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    client.destroy();

    const plain = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: signedFor('echo'),
      body: 'x'.repeat(300_000),
    });
    expect(await plain.text()).toBe('echo 1.1 300000');
  });

  it('waits for enough bytes to tell the protocol', async () => {
    const gateway = await gatewayWith(echo('echo'));
    const socket = connect(gateway.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    const head = `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${signedFor('echo').authorization}\r\ncontent-length: 2\r\n\r\nab`;
    socket.write('P');
    // Nothing tells from outside that the gateway has read the first byte alone.
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(head.slice(1));
    const [answer] = await once(socket, 'data');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  });

  it('says what it cannot route, in the dialect of the caller', async () => {
    const gateway = await gatewayWith(echo('kinesis'));
    const json = { ...signedFor('glue'), 'content-type': 'application/x-amz-json-1.1' };
    const unknown = await fetch(gateway.endpoint, { method: 'POST', headers: json, body: '{}' });
    expect([unknown.status, await unknown.json()]).toEqual([
      501,
      { __type: 'NotImplemented', message: '"glue" does not run here; the services that do: kinesis' },
    ]);
    const unsigned = await fetch(gateway.endpoint);
    expect([unsigned.status, await unsigned.text()]).toEqual([
      403,
      expect.stringContaining('<Code>MissingAuthenticationToken'),
    ]);
    gateway.serve([]);
    expect((await fetch(gateway.endpoint, { headers: signedFor('kinesis') })).status).toBe(503);
  });

  it('answers 500 when a service throws, and lives on', async () => {
    const broken = { ...echo('broken'), handle: () => Promise.reject(new Error('out of order')) };
    const gateway = await gatewayWith(broken, echo('echo'));
    const failed = await fetch(gateway.endpoint, { headers: { ...signedFor('broken'), 'x-amz-target': 'A.B' } });
    expect([failed.status, await failed.json()]).toEqual([500, { __type: 'InternalFailure', message: 'out of order' }]);
    expect((await fetch(gateway.endpoint, { headers: signedFor('echo') })).status).toBe(200);
  });

  it('survives callers that leave in the middle', async () => {
    const gateway = await gatewayWith(echo('echo'));
    const half = connect(gateway.port, '127.0.0.1');
    half.write(
      `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${signedFor('echo').authorization}\r\ncontent-length: 9999\r\n\r\n`,
    );
    const session = connectHttp2(gateway.endpoint);
    const stream = session.request({ ':method': 'POST', ...signedFor('echo') }, { endStream: false });
    stream.write('abc');
    await Promise.all([once(session, 'connect'), once(half, 'ready')]);
    half.resetAndDestroy();
    session.destroy();
    expect((await fetch(gateway.endpoint, { headers: signedFor('echo') })).status).toBe(200);
  });

  it('cuts an answer whose service fails half way, over either protocol', async () => {
    const half: LocalService = {
      ...echo('half'),
      async handle(_request, response) {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('half');
        throw new Error('out of order');
      },
    };
    const gateway = await gatewayWith(half, echo('echo'));
    const plain = await fetch(gateway.endpoint, { headers: signedFor('half') });
    await expect(plain.text()).rejects.toThrow();
    const session = connectHttp2(gateway.endpoint);
    const stream = session.request({ ':method': 'GET', ...signedFor('half') });
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    session.destroy();
    expect((await fetch(gateway.endpoint, { headers: signedFor('echo') })).status).toBe(200);
  });

  it('names the taken port and how to choose another', async () => {
    const { port } = await gatewayWith();
    await expect(openGateway(port)).rejects.toThrow(`Port ${port} is taken: choose another with --port`);
  });

  it('closes at once, whatever is open', async () => {
    const stuck = { ...echo('stuck'), handle: () => new Promise<void>(() => {}) };
    const gateway = await gatewayWith(stuck);
    const session = connectHttp2(gateway.endpoint);
    session.on('error', () => {});
    const waiting = fetch(gateway.endpoint, { headers: signedFor('stuck') }).then(
      () => 'answered',
      () => 'cut',
    );
    const idle = connect(gateway.port, '127.0.0.1').on('error', () => {});
    await Promise.all([once(session, 'connect'), once(idle, 'connect')]);
    const closed = once(session, 'close');
    const startedMs = performance.now();
    await gateway.close();
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(await waiting).toBe('cut');
    await closed;
    await expect(fetch(gateway.endpoint)).rejects.toThrow();
  });
});
