import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { credentialsOf } from '../../local/iam/credentials.ts';
import { objectWriter } from '../../local/mapping/destination.ts';

describe('the writer of on-failure messages', () => {
  it('puts an object through the endpoint, and tells when that fails', async () => {
    const requests: string[] = [];
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      expect(request.headers.authorization).toContain(`Credential=${credentials.accessKeyId}/`);
      requests.push(`${request.method} ${pathname} ${await text(request)}`);
      response.writeHead(pathname.startsWith('/none/') ? 404 : 200).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const credentials = credentialsOf('arn:aws:iam::000000000000:role/writer', 'writer');
    const writer = objectWriter(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, credentials);
    await writer.put('failures', 'aws/lambda/id/shard/2026/01/02/2026-01-02T03.04.05-id', '{"ü":1}');
    await expect(writer.put('none', 'key', '{}')).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    writer.close();
    server.close();
    server.closeAllConnections();
    expect(requests).toEqual([
      'PUT /failures/aws/lambda/id/shard/2026/01/02/2026-01-02T03.04.05-id {"ü":1}',
      'PUT /none/key {}',
    ]);
  });
});
