import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { faultsOf } from './verdict.ts';

const directory = mkdtempSync(join(tmpdir(), 'verdict-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, lines: readonly string[]): string => {
  writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
  return join(directory, name);
};

const event = (id: string, data: object) =>
  JSON.stringify({
    specversion: '1.0',
    id,
    source: '/test',
    type: 'page.request',
    data: { host: 'h', at: '1995-08-01T00:00:01.007Z', method: 'GET', url: '/', status: 200, bytes: 5, ...data },
  });
const EVENTS = [event('a', {}), event('b', { url: '/x/y.html?' }), event('c', { url: '/say "hi", you/' })];

const REQUEST_COLUMNS = 'event_id,event_source,event_time,host,at,method,url,status,bytes'.split(',');
const VIEW_COLUMNS = 'event_id,event_source,event_time,host,page,section,bytes,event_day'.split(',');
const TIME = '"1995-08-01 00:00:01.007"';
const request = (id: string, url: string, bytes = 5) =>
  `"${id}","/test",${TIME},"h",${TIME},"GET","${url}","200","${bytes}"`;
const view = (id: string, page: string, section: string) =>
  `"${id}","/test",${TIME},"h","${page}","${section}","5","1995-08-01"`;

const REQUESTS = [request('c', '/say ""hi"", you/'), request('a', '/'), request('b', '/x/y.html?')];
const VIEWS = [view('a', '/', 'home'), view('c', '/say ""hi"", you/', 'say ""hi"", you')];
const BAD = ['{"reason":"not-json","payload":"AAAA"}', '{"reason":"schema","payload":"BBBB"}'];
const QUARANTINED = ['"schema","BBBB"', '"not-json","AAAA"', '"not-json","AAAA"'];

const judge = ({ requests = REQUESTS, views = VIEWS, quarantined = QUARANTINED, columns = REQUEST_COLUMNS }) =>
  faultsOf({
    eventsFile: file('events.ndjson', EVENTS),
    badFile: file('bad.ndjson', BAD),
    views: [
      {
        table: 'page_requests',
        columns,
        file: file('requests.csv', [columns.map((name) => `"${name}"`).join(), ...requests]),
      },
      {
        table: 'page_views',
        columns: VIEW_COLUMNS,
        file: file('views.csv', [VIEW_COLUMNS.map((name) => `"${name}"`).join(), ...views]),
      },
    ],
    quarantine: file('quarantine.csv', ['"reason","payload"', ...quarantined]),
  });

describe('the verdict', () => {
  it('finds nothing where the lake holds what was put', async () => {
    expect(await judge({})).toEqual([]);
  });

  it('finds a lost event in every table it belongs to', async () => {
    const faults = await judge({ requests: REQUESTS.slice(1), views: VIEWS.slice(0, 1) });
    expect(faults).toEqual([
      expect.stringMatching(/^page_requests: missing: 1, e\.g\. .*"event_id":"c"/),
      expect.stringMatching(/^page_views: missing: 1, e\.g\. .*"event_id":"c"/),
    ]);
  });

  it('finds an event that is there twice, or was not put', async () => {
    const twice = await judge({ requests: [...REQUESTS, REQUESTS[0] as string] });
    expect(twice).toEqual([expect.stringMatching(/^page_requests: not put, or there twice: 1, .*"event_id":"c"/)]);
    const strange = await judge({ views: [...VIEWS, view('d', '/', 'home')] });
    expect(strange).toEqual([expect.stringMatching(/^page_views: not put, or there twice: 1, .*"event_id":"d"/)]);
  });

  it('finds a wrong value and names its column', async () => {
    const faults = await judge({
      requests: [request('a', '/', 6), ...REQUESTS.filter((row) => !row.startsWith('"a"'))],
    });
    expect(faults).toEqual([
      expect.stringMatching(/^page_requests: missing: 1/),
      expect.stringMatching(/^page_requests: not put/),
      'page_requests: 1 wrong values in column bytes',
    ]);
  });

  it('finds what quarantine lacks and what it should not hold', async () => {
    expect(await judge({ quarantined: QUARANTINED.slice(1) })).toEqual([
      expect.stringMatching(/^quarantine: missing: 1, .*"schema"/),
    ]);
    expect(await judge({ quarantined: [...QUARANTINED, '"not-json","CCCC"'] })).toEqual([
      expect.stringMatching(/^quarantine: should not be there: 1, .*"CCCC"/),
    ]);
  });

  it('finds a column or a table that nothing is said about', async () => {
    const faults = await judge({ columns: [...REQUEST_COLUMNS, 'agent'] });
    expect(faults).toEqual([expect.stringMatching(/^page_requests: has the columns .*,agent; expected /)]);
    const evidence = {
      eventsFile: file('e', EVENTS),
      badFile: file('b', BAD),
      quarantine: file('q', ['reason,payload']),
    };
    const other = await faultsOf({ ...evidence, views: [{ table: 'hats', file: '', columns: [] }] });
    expect(other[0]).toBe('hats: test/torture/expected.ts does not say what must be in it');
  });

  it('tells visits from the gaps between events, and finds one that lacks a request', async () => {
    const at = (time: string) => ({ at: `1995-08-01T${time}Z` });
    const events = [
      event('1', { ...at('10:20:00'), url: '/b.gif' }),
      event('2', { ...at('10:00:00'), host: 'other' }),
      event('3', at('10:00:00')),
      event('4', at('10:50:00')),
      event('5', at('11:20:00.001')),
      event('6', { ...at('12:10:00'), host: 'last' }),
    ];
    const names = 'event_id,event_source,event_time,host,began,ended,entry,requests,pages,bytes';
    const columns = names.split(',');
    const visit = (host: string, day: string, ended: string, requests: number, pages: number) => {
      const closedMs = Date.parse(`1995-08-01T${ended}Z`) + 40 * 60_000 + 1;
      const end = new Date(closedMs - 10 * 60_000 - 2).toISOString().slice(11, -1);
      return `"session/${closedMs}/${host}.0","/millrace/web-traffic","${day} ${end}","${host}","${day} 10:00:00.000","${day} ${ended}.000","/","${requests}","${pages}","${5 * requests}"`;
    };
    const judgeVisits = (requests: number) => {
      const day = '1995-08-01';
      const rows = [visit('other', day, '10:00:00', 1, 1), visit('h', day, '10:50:00', requests, 2)];
      return faultsOf({
        eventsFile: file('visited.ndjson', events),
        badFile: file('none.ndjson', []),
        views: [
          { table: 'visits', columns, file: file('visits.csv', [columns.map((name) => `"${name}"`).join(), ...rows]) },
        ],
        quarantine: file('none.csv', ['"reason","payload"']),
      });
    };
    expect(await judgeVisits(3)).toEqual([]);
    expect(await judgeVisits(2)).toContain('visits: 1 wrong values in column requests');
  });
});
