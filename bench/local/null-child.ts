/** A server that reads a request and answers as if it had taken every record: what HTTP alone costs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CALL_RECORDS } from './load.ts';
import { serve } from './servers.ts';

const taken = { SequenceNumber: '4'.repeat(56), ShardId: 'shardId-000000000000' };
const answer = Buffer.from(JSON.stringify({ FailedRecordCount: 0, Records: Array(CALL_RECORDS).fill(taken) }));

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(200, { 'content-length': answer.length }).end(answer));
});
server.listen(0, '127.0.0.1', () => serve((server.address() as AddressInfo).port));
