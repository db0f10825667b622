import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { PageRequest } from './events.ts';

const FILE = new URL('../../data/nasa-http-1995-08-01.tsv.gz', import.meta.url);

/** The requests of 1 August 1995 as events. The log has no ids and the same row twice is two requests, so the line
 *  number makes the id: putting the day again puts the same events. */
export async function* sample(): AsyncGenerator<CloudEvent> {
  const lines = createInterface({
    input: createReadStream(FILE).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let line = 0;
  for await (const row of lines) {
    line += 1;
    if (line === 1) continue;
    const [host = '', , seconds, method, url = '', status, bytes] = row.split('\t');
    yield createEvent(PageRequest, {
      id: `1995-08-01/${line}`,
      source: '/nasa/ksc/www',
      data: {
        host,
        at: new Date(Number(seconds) * 1000).toISOString(),
        method: PageRequest.schema.shape.method.parse(method),
        url,
        status: Number(status),
        bytes: Number(bytes),
      },
    });
  }
}
