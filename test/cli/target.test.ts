import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { announceLocalRun, findLocalRun } from '../../cli/local-runs.ts';
import { chooseTarget, type TargetOptions } from '../../cli/target.ts';

const LOCAL = 'http://127.0.0.1:4566';
const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

describe('chooseTarget', () => {
  let directory = '';
  let running = '';
  let killed = '';
  let none = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-target-'));
    running = join(directory, 'running');
    killed = join(directory, 'killed');
    none = join(directory, 'none');
    announceLocalRun(running, LOCAL);
    mkdirSync(killed);
    writeFileSync(join(killed, `${2 ** 22 + 1}.json`), JSON.stringify({ endpoint: LOCAL }));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const choose = (options: Partial<TargetOptions>, env: Record<string, string>, file: string) =>
    chooseTarget({ stage: 'dev', ...options }, env, file);

  it.each<[string, Partial<TargetOptions>, Record<string, string>, () => string, object]>([
    ['AWS when nothing runs here', {}, {}, () => none, { label: 'AWS', isLocal: false, client: {} }],
    ['AWS when told so, though a run was killed', { aws: true }, {}, () => killed, { label: 'AWS', client: {} }],
    [
      'AWS, saying profile and region',
      {},
      { AWS_PROFILE: 'p', AWS_REGION: 'r' },
      () => none,
      { label: 'AWS (profile p, r)' },
    ],
    [
      'the local run that goes on',
      {},
      { AWS_ACCESS_KEY_ID: 'real', AWS_REGION: 'eu-west-1' },
      () => running,
      {
        label: `the local run at ${LOCAL}`,
        isLocal: true,
        client: { endpoint: LOCAL, region: 'us-east-1', credentials: KEY },
      },
    ],
    ['AWS when told so', { aws: true }, {}, () => running, { label: 'AWS', client: {} }],
    [
      'the endpoint of the environment',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:1' },
      () => running,
      { label: 'http://localhost:1', isLocal: true, client: { credentials: KEY } },
    ],
    [
      'the local run when told so, whatever the environment',
      { local: true },
      { AWS_ENDPOINT_URL: 'http://x:1' },
      () => running,
      { client: { endpoint: LOCAL } },
    ],
    [
      'the endpoint of the option',
      { endpoint: 'http://127.0.0.1:9' },
      { AWS_ENDPOINT_URL: 'http://x:1' },
      () => running,
      { client: { endpoint: 'http://127.0.0.1:9' } },
    ],
    [
      "an endpoint elsewhere with the SDK's own key",
      { endpoint: 'https://vpce.example' },
      {},
      () => none,
      { isLocal: false, client: { endpoint: 'https://vpce.example' } },
    ],
  ])('is %s', (_name, options, env, file, expected) => {
    expect(choose(options, env, file())).toMatchObject({ stage: 'dev', ...expected });
  });

  it('gives no made-up key to an endpoint that is not on this machine', () => {
    expect(choose({ endpoint: 'https://vpce.example' }, {}, none).client).toEqual({ endpoint: 'https://vpce.example' });
  });

  it('refuses contradictions and a local run that is not there', () => {
    expect(() => choose({ local: true, aws: true }, {}, running)).toThrow('give one of --local, --aws and --endpoint');
    expect(() => choose({ local: true }, {}, none)).toThrow('no local run goes on here');
    expect(() => choose({}, {}, killed)).toThrow('the local run here was killed: start it again, or give --aws');
  });
});

describe('the files of local runs', () => {
  it('show the run started last, and go when their runs end', () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'millrace-local-')), 'deep');
    expect(findLocalRun(directory)).toBeUndefined();
    const withdraw = announceLocalRun(directory, LOCAL);
    expect(findLocalRun(directory)).toEqual({ endpoint: LOCAL });
    const other = join(directory, `${process.ppid}.json`);
    writeFileSync(other, JSON.stringify({ endpoint: 'http://127.0.0.1:1' }));
    const later = new Date(Date.now() + 5_000);
    utimesSync(other, later, later);
    expect(findLocalRun(directory)).toEqual({ endpoint: 'http://127.0.0.1:1' });
    rmSync(other);
    expect(findLocalRun(directory)).toEqual({ endpoint: LOCAL });
    withdraw();
    expect(findLocalRun(directory)).toBeUndefined();
    rmSync(directory, { recursive: true });
  });

  it('of a run that was killed stay until the next one starts', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-local-'));
    writeFileSync(join(directory, `${2 ** 22 + 1}.json`), '{}');
    expect(findLocalRun(directory)).toBe('killed');
    announceLocalRun(directory, LOCAL)();
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });
});
