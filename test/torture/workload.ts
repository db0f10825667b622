import { once } from 'node:events';
import { appendFileSync, createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { HashRange } from '../../core/engine/hash-range.ts';
import { sample } from '../../pipelines/web-traffic/sample.ts';
import type { Random } from '../sim/random.ts';
import { closingEvents } from './closing.ts';

/** What is put in a run, as the generator of it tells. */
export interface Workload {
  /** The files that say what must come out, one JSON document a line. */
  readonly eventsFile: string;
  readonly badFile: string;
  readonly counts: { events: number; again: number; bad: number };
  documents(): AsyncGenerator<Uint8Array>;
  /** An event for each of the shards, long after all others. */
  closing(ranges: readonly HashRange[]): readonly Uint8Array[];
}

export interface WorkloadOptions {
  /** Where the files are written; exists. */
  readonly directory: string;
  readonly random: Random;
  /** Documents at most, copies included. */
  readonly maxDocuments: number;
  /** No document is made after this, in milliseconds of `performance.now()`. */
  readonly endsAtMs: number;
}

/** Shares of the documents: an event put again, as by a producer that got no answer; something that is no event. */
const AGAIN = 0.03;
const BAD = 0.0005;
/** How far back an event that is put again may lie. */
const RECENT = 20_000;
const DAY_MS = 86_400_000;

/** A day of web traffic, over and over: each time round it is the next day, a few milliseconds on, under other ids. Every
 *  event is in the file of events before it is put. */
export function createWorkload({ directory, random, maxDocuments, endsAtMs }: WorkloadOptions): Workload {
  const eventsFile = join(directory, 'events.ndjson');
  const badFile = join(directory, 'bad.ndjson');
  const counts = { events: 0, again: 0, bad: 0 };
  const recent: Buffer[] = [];
  let lastMs = 0;

  async function* documents(): AsyncGenerator<Uint8Array> {
    const events = createWriteStream(eventsFile);
    const bad = createWriteStream(badFile);
    try {
      for await (const event of days()) {
        const { events: fresh, again, bad: broken } = counts;
        if (fresh + again + broken >= maxDocuments || performance.now() >= endsAtMs) return;
        const document = Buffer.from(JSON.stringify(event));
        await write(events, document);
        counts.events += 1;
        lastMs = Math.max(lastMs, Date.parse(event.data.at));
        recent[(counts.events - 1) % RECENT] = document;
        yield document;
        if (random.chance(AGAIN)) {
          counts.again += 1;
          yield random.pick(recent);
        }
        if (random.chance(BAD)) {
          const { reason, payload } = badDocument(counts.bad, random);
          await write(bad, JSON.stringify({ reason, payload: payload.toString('base64') }));
          counts.bad += 1;
          yield payload;
        }
      }
    } finally {
      await Promise.all([close(events), close(bad)]);
    }
  }

  function closing(ranges: readonly HashRange[]): readonly Uint8Array[] {
    const last = closingEvents(ranges, lastMs).map((event) => Buffer.from(JSON.stringify(event)));
    for (const event of last) appendFileSync(eventsFile, `${event}\n`);
    counts.events += last.length;
    return last;
  }

  return { eventsFile, badFile, counts, documents, closing };
}

async function* days() {
  for (let day = 0; ; day++) {
    for await (const event of sample()) {
      const data = event.data as { readonly at: string };
      const at = new Date(Date.parse(data.at) + day * (DAY_MS + 7)).toISOString();
      yield { ...event, id: `${day}:${event.id}`, data: { ...data, at } };
    }
  }
}

/** Something the pipeline must refuse, unlike any other, and the reason it must name. */
function badDocument(number: number, random: Random): { readonly reason: string; readonly payload: Buffer } {
  const data = { host: 'bad.example', at: '1995-08-01T00:00:00Z', method: 'GET', url: '/', status: 200, bytes: 1 };
  const event = { specversion: '1.0', id: `bad-${number}`, source: '/torture', type: 'page.request', data };
  const json = (document: object) => Buffer.from(JSON.stringify(document));
  return random.pick([
    { reason: 'not-json', payload: Buffer.from(`{"bad": ${number}`) },
    { reason: 'not-utf8', payload: Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(String(number))]) },
    { reason: 'schema', payload: json({ ...event, data: { ...data, status: 'fine' } }) },
    { reason: 'unknown-type', payload: json({ ...event, type: 'nobody.knows' }) },
    { reason: 'not-a-cloudevent', payload: json({ ...event, source: undefined }) },
    { reason: 'event-time', payload: json({ ...event, data: { ...data, at: '0001-01-01T00:00:00Z' } }) },
  ]);
}

async function write(file: WriteStream, line: string | Buffer): Promise<void> {
  file.write(line);
  if (!file.write('\n')) await once(file, 'drain');
}

async function close(file: WriteStream): Promise<void> {
  file.end();
  await once(file, 'close');
}
