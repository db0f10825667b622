import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { announceLocalRun, findLocalRun } from '../../cli/local-file.ts';
import { chooseTarget, type TargetOptions } from '../../cli/target.ts';

const LOCAL = 'http://127.0.0.1:4566';
const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

describe('chooseTarget', () => {
  let directory = '';
  let running = '';
  let ended = '';
  let none = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-target-'));
    running = join(directory, 'running.json');
    ended = join(directory, 'ended.json');
    none = join(directory, 'none.json');
    announceLocalRun(running, LOCAL);
    writeFileSync(ended, JSON.stringify({ endpoint: LOCAL, pid: 2 ** 22 + 1 }));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const choose = (options: Partial<TargetOptions>, env: Record<string, string>, file: string) =>
    chooseTarget({ stage: 'dev', ...options }, env, file);

  it.each<[string, Partial<TargetOptions>, Record<string, string>, () => string, object]>([
    ['AWS when nothing runs here', {}, {}, () => none, { label: 'AWS', isLocal: false, client: {} }],
    ['AWS when the local run has ended', {}, {}, () => ended, { label: 'AWS', client: {} }],
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
    expect(() => choose({ local: true }, {}, ended)).toThrow('no local run goes on here');
  });
});

describe('the file of the local run', () => {
  it('goes when its run ends, unless another run has taken its place', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-local-'));
    const path = join(directory, 'deep', 'local.json');
    const withdraw = announceLocalRun(path, LOCAL);
    expect(findLocalRun(path)).toBe(LOCAL);
    writeFileSync(path, JSON.stringify({ endpoint: 'http://127.0.0.1:1', pid: process.ppid }));
    withdraw();
    expect(findLocalRun(path)).toBe('http://127.0.0.1:1');
    announceLocalRun(path, LOCAL)();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, '{');
    expect(findLocalRun(path)).toBeUndefined();
    rmSync(directory, { recursive: true });
  });
});
