import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Plan } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { ROOT } from '../support/imports.ts';
import { runStack } from '../support/local-run.ts';
import { block, shopFiles } from '../support/readme.ts';

const run = promisify(execFile);
const hasAws = spawnSync('aws', ['--version']).status === 0;
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;

let stack: Awaited<ReturnType<typeof runStack>>;
let env: NodeJS.ProcessEnv;
/** Beside the project's folders, so that imports of packages resolve. */
const scratch = join(ROOT, '.millrace/readme');
const elsewhere = mkdtempSync(join(tmpdir(), 'millrace-readme-'));

beforeAll(async () => {
  mkdirSync(scratch, { recursive: true });
  stack = await runStack();
  env = { ...stack.env, HOME: elsewhere };
}, 60_000);

afterAll(async () => {
  await stack.close();
  for (const folder of [scratch, elsewhere]) rmSync(folder, { recursive: true });
}, 30_000);

const arrived = (id: string) => stack.until(`SELECT count(*) FROM page_requests WHERE event_id = '${id}'`, 1);

describe('the README', () => {
  it('shows a pipeline and a test of it that compile, and the pipeline runs', async () => {
    writeFileSync(join(scratch, 'shop.ts'), shopFiles().pipeline);
    writeFileSync(join(scratch, 'shop.test.ts'), shopFiles().test);
    writeFileSync(
      join(scratch, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['shop.ts', 'shop.test.ts'], exclude: [] }),
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(spawnSync(process.execPath, [tsc, '--project', scratch], { encoding: 'utf8' }).stdout).toBe('');
    const { shop } = (await import(join(scratch, 'shop.ts'))) as { shop: Plan };
    const { run: runBatch, lake } = engineInMemory(shop);
    const data = { customer: 'ada', at: '2026-11-21T10:00:00Z', amount: 250 };
    await runBatch([recordAt(1, { specversion: '1.0', type: 'shop.order', source: '/s', id: '1', data })]);
    expect(lake.rows('large_orders')).toMatchObject([{ event_id: '1', amount: 250 }]);
  });

  it('puts an event from JavaScript with nothing but the environment', async () => {
    writeFileSync(join(scratch, 'put.mjs'), block('js', 'PutRecordsCommand'));
    await run(process.execPath, [join(scratch, 'put.mjs')], { env });
    expect(await arrived('js-1')).toBe(1);
  }, 30_000);

  (hasBoto3 ? it : it.skip)(
    'puts an event from Python, where boto3 is installed',
    async () => {
      writeFileSync(join(scratch, 'put.py'), block('python', 'put_records'));
      await run('python3', [join(scratch, 'put.py')], { env });
      expect(await arrived('py-1')).toBe(1);
    },
    30_000,
  );

  (hasAws ? it : it.skip)(
    'puts an event by the AWS CLI, where it is installed',
    async () => {
      await run('sh', ['-c', block('sh', 'aws kinesis')], { env, cwd: elsewhere });
      expect(await arrived('aws-1')).toBe(1);
    },
    30_000,
  );

  it('puts and queries on the command line', async () => {
    const event = JSON.parse(JSON.stringify(exampleEvent('cli-1')));
    writeFileSync(join(elsewhere, 'events.ndjson'), `${JSON.stringify(event)}\n`);
    const lines = block('sh', 'millrace put')
      .split('\n')
      .filter((line) => line !== '');
    const outputs: string[] = [];
    for (const line of lines) {
      const command = line
        .replace(/ +#.*$/, '')
        .replace('npx millrace', `node --no-warnings ${join(ROOT, 'cli/millrace.ts')}`);
      outputs.push((await run('sh', ['-c', command], { env, cwd: elsewhere })).stdout);
      if (line.includes('millrace put')) expect(await arrived('cli-1')).toBe(1);
    }
    expect(outputs[0]).toMatch(/^1 events? put to millrace-dev-events/);
    expect(outputs[1]).toContain('example.org');
    expect(outputs[2]).toContain('views');
    expect(outputs[3]).toContain('web-traffic');
  }, 60_000);

  it('asks Athena in SQL that runs', async () => {
    expect(await arrived('cli-1')).toBe(1);
    expect((await stack.query(block('sql', 'date_trunc'))).length).toBeGreaterThan(0);
  });
});

const exampleEvent = (id: string) => ({
  specversion: '1.0',
  type: 'page.request',
  source: '/readme',
  id,
  data: { host: 'example.org', at: new Date().toISOString(), method: 'GET', url: '/', status: 200, bytes: 512 },
});
