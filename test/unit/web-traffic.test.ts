import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { DataOf } from '../../core/event/index.ts';
import { minutes } from '../../core/pipeline/index.ts';
import { PageRequest } from '../../pipelines/web-traffic/events.ts';
import { webTraffic } from '../../pipelines/web-traffic/pipeline.ts';
import { sample } from '../../pipelines/web-traffic/sample.ts';
import { putInOrder } from '../../producer/put.ts';
import { readersOf, recordOf } from '../../producer/record.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { viewFiles } from '../support/lake-files.ts';
import { shownTable, tutorial } from '../support/tutorial.ts';
import { closingEvents } from '../torture/closing.ts';
import { faultsOf } from '../torture/verdict.ts';

const directory = mkdtempSync(join(tmpdir(), 'web-traffic-'));
afterAll(() => rmSync(directory, { recursive: true }));

const request = (host: string, time: string, url = '/', status = 200) => ({
  host,
  at: `1995-08-01T${time}Z`,
  method: 'GET' as const,
  url,
  status,
  bytes: 100,
});

/** The documents as the producer puts them: in order by host, not over all. */
async function asPut(documents: readonly string[]): Promise<readonly string[]> {
  const readers = readersOf([webTraffic]);
  const put: string[] = [];
  await putInOrder(
    documents.map((each) => recordOf(Buffer.from(each), readers)),
    {
      putRecords: async (records) => {
        for (const { data } of records) put.push(Buffer.from(data).toString());
        return records.map(() => undefined);
      },
    },
  );
  return put;
}

const HEX = '0123456789abcdef';
/** As many parts of all hashes as there are digits. */
const SIXTEEN = [...HEX].map((digit) => ({ from: digit.padEnd(32, '0'), to: digit.padEnd(32, 'f') }));

describe('web traffic', () => {
  it('comes to what SQL makes of a morning put at once, through crashes and a reshard', async () => {
    const documents: string[] = [];
    for await (const event of sample()) if (documents.push(JSON.stringify(event)) === 6_000) break;
    const end = closingEvents(SIXTEEN, Date.parse('1995-08-01T12:00:00Z')).map((event) => JSON.stringify(event));
    const run = drive(webTraffic, { shards: 2 });
    const put = [...(await asPut(documents)), ...end];
    for (let from = 0; from < put.length; from += 1_000) {
      await run.send(put.slice(from, from + 1_000));
      if (from === 3_000) await run.split();
      if (from % 2_000 === 0) run.crash();
    }
    await run.advance(minutes(1)); // behind the hop, the time is known of the batch before
    const eventsFile = join(directory, 'events.ndjson');
    writeFileSync(eventsFile, [...documents, ...end].join('\n'));
    const nothing = { badFile: join(directory, 'bad.ndjson'), quarantine: join(directory, 'quarantine.csv') };
    writeFileSync(nothing.badFile, '');
    writeFileSync(nothing.quarantine, '"reason","payload"\n');
    expect(await faultsOf({ eventsFile, views: viewFiles(run, webTraffic, directory), ...nothing })).toEqual([]);
    expect(run.rows('visits').length).toBeGreaterThan(500);
    expect(run.rows('section_traffic').length).toBeGreaterThan(400);
    expect(run.alerts('error-burst').map(({ text }) => text)).toEqual([
      '/images: 10 of 53 requests failed in the five minutes from 1995-08-01T07:15:00.000Z',
    ]);
  }, 60_000);

  it('has the day that the tutorial tells of', async () => {
    const hosts = new Map<string, number[]>();
    const spans = new Map<string, { requests: number; errors: number; hosts: Set<string> }>();
    let logo = 0;
    for await (const { data } of sample()) {
      const { host, at, url, status } = data as DataOf<typeof PageRequest>;
      const ms = Date.parse(at);
      hosts.set(host, [...(hosts.get(host) ?? []), ms]);
      const began = new Date(ms - (ms % minutes(5))).toISOString().slice(11, 16);
      const name = `${began} ${url.split('/')[1]}`;
      const span = spans.get(name) ?? { requests: 0, errors: 0, hosts: new Set() };
      spans.set(name, span);
      span.requests += 1;
      span.errors += status >= 400 ? 1 : 0;
      span.hosts.add(host);
      logo += url === '/images/Nasa-logo.gif' && status === 404 ? 1 : 0;
    }
    const bursts = [...spans]
      .filter(([, { errors }]) => errors >= 7)
      .map(([name, { requests, errors, hosts }]) => [...name.split(' '), requests, errors, hosts.size].map(String));
    expect(shownTable('web-traffic', 'section')).toEqual(bursts.toSorted());
    const isFirst = (ms: number, n: number, all: readonly number[]) => ms - (all[n - 1] ?? -Infinity) > minutes(30);
    const visits = [...hosts.values()].reduce((sum, all) => sum + all.toSorted().filter(isFirst).length, 0);
    const text = tutorial('web-traffic');
    expect(text).toContain(`the day's ${visits.toLocaleString('en-US')} visits`);
    expect(text).toContain(`${hosts.size.toLocaleString('en-US')} hosts`);
    expect(text).toContain(`${logo} times from 07:16 to 07:53`);
  });

  const visits = (run: Drive) =>
    run.rows('visits').map(({ host, began, ended, entry, requests, pages }) => ({
      host,
      began: String(began).slice(11, 16),
      ended: String(ended).slice(11, 16),
      entry,
      requests,
      pages,
    }));

  it('tells a visit when its host has been silent for half an hour', async () => {
    const run = drive(webTraffic);
    await run.put(PageRequest, [
      request('ada', '10:00:00', '/history/'),
      request('ada', '10:00:01', '/images/logo.gif'),
      request('ada', '10:30:01', '/shuttle/missions.html'),
      request('bob', '10:31:00'),
      request('ada', '10:20:00'),
    ]);
    await run.until('1995-08-01T11:20:00Z');
    expect(visits(run)).toEqual([]);
    await run.advance(1_001);
    const visit = { host: 'ada', began: '10:00', ended: '10:30', entry: '/history/', requests: 4, pages: 3 };
    expect(visits(run)).toEqual([visit]);
    await run.advance(minutes(1));
    expect(visits(run)).toHaveLength(2);
    await run.put(PageRequest, request('ada', '10:25:00'), { id: 'late' });
    expect(run.rows('late_requests', { origin: true })).toMatchObject([{ event_id: 'late/session.0', host: 'ada' }]);
    expect(visits(run)).toHaveLength(2);
  });
});
