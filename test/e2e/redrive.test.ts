import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runQuery } from '../../cli/athena.ts';
import { stageOutputs } from '../../cli/outputs.ts';
import { StageServices } from '../../cli/stage-services.ts';
import { chooseTarget } from '../../cli/target.ts';
import { type LocalRun, startLocal } from '../../local/run.ts';
import { ROOT } from '../support/imports.ts';
import { neededIn, unneeded } from '../support/needed-permissions.ts';
import { ProjectCopy } from '../support/project-copy.ts';

const MARKER = 'payload-never-shown';
const FOLLOWERS = 1_200;

/** Two pipelines on one stream; a step of the first reads its notes by `readNote`. */
const pipelinesWith = (readNote: string) => `
import * as z from 'zod';
import { event } from '../core/event/index.ts';
import { from, lake, pipeline } from '../core/pipeline/index.ts';

const Note = event('shop.note', {
  version: 1,
  key: 'customer',
  schema: z.object({ customer: z.string(), note: z.string() }),
});
const schema = z.object({ customer: z.string(), text: z.string() });
const readNote = (note: string): string => ${readNote};

export const pipelines = [
  pipeline('shop', [
    from(Note).map('read-note', ({ customer, note }) => ({ customer, text: readNote(note) })).to(lake('notes', { schema })),
  ]),
  pipeline('audit', [from(Note).to(lake('all_notes'))]),
];
`;

const BROKEN = pipelinesWith(`{
  if (note[0] !== '{') throw new TypeError('no JSON');
  return JSON.parse(note).text;
}`);
const MENDED = pipelinesWith("(note[0] === '{' ? JSON.parse(note).text : note)");

const stateDir = mkdtempSync(join(tmpdir(), 'millrace-redrive-'));
const project = new ProjectCopy('redrive');
let run: LocalRun | undefined;

const needed = new Set<string>();

async function deploy(pipelines: string): Promise<void> {
  const assembly = await project.synthesise(pipelines);
  noteNeeded();
  await run?.close();
  run = await startLocal({ assembly, port: 0, bufferSeconds: 1, kinesisLimits: false, stateDir });
  run.gatherBatches(false);
}

/** Of all runs: a key is parked in one, and freed in the next. */
const noteNeeded = () => {
  for (const each of neededIn(run?.permissions() ?? [])) needed.add(each);
};

beforeAll(() => deploy(BROKEN), 120_000);

afterAll(async () => {
  await run?.close();
  rmSync(stateDir, { recursive: true });
  project.remove();
}, 30_000);

const targetHere = () => chooseTarget({ stage: 'dev', endpoint: run?.endpoint }, {});

/** Runs the program as a shell does. */
function millrace(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = ['--no-warnings', join(ROOT, 'cli/millrace.ts'), ...args, '--endpoint', String(run?.endpoint)];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env: { PATH: process.env.PATH } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** Waits until so many records are parked; what never are ends by the test's own time. */
async function untilParked(records: number): Promise<void> {
  const target = targetHere();
  const { parts, bucketName } = await stageOutputs(target);
  const shop = parts.find(({ name }) => name === 'shop') as (typeof parts)[number];
  const services = new StageServices(target);
  const logs = services.logsOf(shop, bucketName);
  const shards = await services.listShards(shop.streamName);
  for (let found = 0; found < records; await pause(100)) {
    const states = await Promise.all(shards.map(({ shardId }) => logs.read(shardId)));
    found = states.reduce((sum, state) => sum + (state?.lot.size ?? 0), 0);
  }
  services.close();
}

async function untilCount(sql: string, count: number): Promise<number> {
  const target = targetHere();
  const athena = new AthenaClient(target.client);
  const outputs = await stageOutputs(target);
  try {
    for (let tries = 0; ; tries++) {
      const found = Number((await runQuery(sql, { athena, outputs })).rows[0]?.[0]);
      if (found >= count || tries === 150) return found;
      await pause(100);
    }
  } finally {
    athena.destroy();
  }
}

let notes = 0;
function note(customer: string, text: string, ExplicitHashKey?: string): PutRecordsRequestEntry {
  notes += 1;
  const time = new Date().toISOString();
  const event = { specversion: '1.0', id: `note-${notes}`, source: '/test', type: 'shop.note', time };
  const data = { customer, note: text };
  return { PartitionKey: customer, ExplicitHashKey, Data: Buffer.from(JSON.stringify({ ...event, data })) };
}

async function put(records: readonly PutRecordsRequestEntry[]): Promise<void> {
  const target = targetHere();
  const { streamName: StreamName } = await stageOutputs(target);
  const kinesis = new KinesisClient(target.client);
  for (let i = 0; i < records.length; i += 500) {
    const { FailedRecordCount } = await kinesis.send(
      new PutRecordsCommand({ StreamName, Records: records.slice(i, i + 500) }),
    );
    expect(FailedRecordCount).toBe(0);
  }
  kinesis.destroy();
}

const good = JSON.stringify({ text: MARKER });
/** Its MD5 begins with f; the stream's first shard ends before 8. */
const STRAY = 'eve';

describe('millrace redrive', () => {
  it('lists what is parked: keys, records, step and error, and no payload', async () => {
    const followers = Array.from({ length: FOLLOWERS }, () => note('ada', good));
    await put([note('ada', MARKER), note(STRAY, MARKER, '0'), ...followers, note('bob', good)]);
    await untilParked(FOLLOWERS + 2);
    const report = JSON.parse((await millrace('redrive', '--dry-run', '--json')).stdout);
    const failure = { outcome: 'parked', redriven: 0, step: 'read-note', found: 'TypeError: no JSON' };
    const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const [first, second] = ['shardId-000000000000', 'shardId-000000000001'];
    expect(report).toEqual({
      stage: 'dev',
      dryRun: true,
      keys: [
        { pipeline: 'shop', key: STRAY, ...failure, since, records: 1, shard: first },
        { pipeline: 'shop', key: 'ada', ...failure, since, records: FOLLOWERS + 1, shard: second },
      ],
    });
    const { code, stdout, stderr } = await millrace('redrive', 'shop', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ shop +│ ada +│ +1,201 │ .* │ read-note │ TypeError: no JSON │ shardId-000000000001 │/);
    expect(stdout + stderr).not.toContain(MARKER);
  }, 60_000);

  it('fails when a step throws again', async () => {
    const { code, stdout, stderr } = await millrace('redrive', '--key', 'ada');
    expect(code).toBe(1);
    expect(stdout).toMatch(/│ shop +│ ada +│ parked +│ +0 │ +1,201 │ read-note │ TypeError: no JSON │/);
    expect(stderr).toContain('error: still parked: 1 of 1 keys, since a step threw again');
    expect(stderr).toContain('records redriven: 0  keys left in shop: 1\n');
    expect(stdout + stderr).not.toContain(MARKER);
    expect(stdout + stderr).not.toContain('\u001b');
  }, 60_000);

  it('frees every key once the step is mended', async () => {
    await deploy(MENDED);
    const { code, stdout, stderr } = await millrace('redrive', '--all', '--json');
    const free = { outcome: 'free', records: 0, since: null, step: null, found: null, shard: null };
    expect(JSON.parse(stdout)).toEqual({
      stage: 'dev',
      dryRun: false,
      keys: [
        { pipeline: 'shop', key: STRAY, redriven: 1, ...free },
        { pipeline: 'shop', key: 'ada', redriven: FOLLOWERS + 1, ...free },
      ],
    });
    expect([code, stderr]).toEqual([0, `stage dev at ${run?.endpoint}\n`]);
    expect(await untilCount('SELECT count(*) FROM notes', notes)).toBe(notes);
    expect(await untilCount('SELECT count(*) FROM notes_rows', notes)).toBe(notes);
    expect(await untilCount('SELECT count(*) FROM all_notes', notes)).toBe(notes);
    expect(await untilCount('SELECT count(*) FROM quarantine', 0)).toBe(0);
  }, 120_000);

  it('has nothing to do then, and knows no such key or pipeline', async () => {
    expect(await millrace('redrive', '--all')).toMatchObject({ code: 0, stdout: 'nothing is parked\n' });
    const noKey = await millrace('redrive', 'shop', '--key', 'ada');
    expect(noKey).toMatchObject({ code: 1, stdout: '' });
    expect(noKey.stderr).toContain('error: nothing is parked under the key "ada" in shop');
    const noPipeline = await millrace('redrive', 'nobody', '--all');
    expect(noPipeline).toMatchObject({ code: 2, stdout: '' });
    expect(noPipeline.stderr).toContain("error: the stage has no pipeline 'nobody': it has audit, shop");
  }, 30_000);

  it('needs these permissions', () => {
    noteNeeded();
    expect(unneeded('test/e2e/redrive.test.ts', [...needed])).toEqual([]);
  });
});
