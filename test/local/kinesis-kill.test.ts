import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, expect, it } from '@jest/globals';
import { streamArn } from '../../local/services/kinesis/stream.ts';
import { ROOT } from '../support/imports.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'kinesis-kill-'));
const StreamName = 'kept';
let child: ChildProcess | undefined;
let client: sdk.KinesisClient;

async function start(): Promise<void> {
  const script = join(ROOT, 'test/support/kinesis-child.ts');
  child = spawn(process.execPath, ['--no-warnings', script, stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const [endpoint] = await once(lines, 'line');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new sdk.KinesisClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

async function kill(): Promise<void> {
  const exited = once(child as ChildProcess, 'exit');
  child?.kill('SIGKILL');
  await exited;
  client.destroy();
}

afterAll(async () => {
  if (child?.exitCode === null && child.signalCode === null) await kill();
  rmSync(stateDir, { recursive: true });
});

/** Every record of every shard: its number and its text. */
async function readAll(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const { Shards = [] } = await client.send(new sdk.ListShardsCommand({ StreamName }));
  for (const { ShardId } of Shards) {
    const from = { ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    const { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand({ StreamName, ...from }));
    const { Records = [] } = await client.send(new sdk.GetRecordsCommand({ ShardIterator }));
    for (const { SequenceNumber = '', Data = [] } of Records) {
      expect(found.has(SequenceNumber)).toBe(false);
      found.set(SequenceNumber, Buffer.from(Data as Uint8Array).toString());
    }
  }
  return found;
}

it('a kill amid puts loses nothing that was answered, nor what the stream is', async () => {
  const answered = new Map<string, string>();
  let count = 0;
  const put = async () => {
    const Records = Array.from({ length: 20 }, () => {
      count += 1;
      return { PartitionKey: `key-${count % 7}`, Data: Buffer.from(String(count)) };
    });
    const { Records: results = [] } = await client.send(new sdk.PutRecordsCommand({ StreamName, Records }));
    for (const [index, { SequenceNumber = '' }] of results.entries()) {
      answered.set(SequenceNumber, Records[index]?.Data.toString() ?? '');
    }
  };
  const putOn = async () => {
    for (;;) await put();
  };

  await start();
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 2, Tags: { made: 'first' } }));
  await client.send(new sdk.RegisterStreamConsumerCommand({ StreamARN: streamArn(StreamName), ConsumerName: 'fan' }));
  const scale = { StreamName, TargetShardCount: 3, ScalingType: 'UNIFORM_SCALING' } as const;
  await client.send(new sdk.UpdateShardCountCommand(scale));
  const describe = async () => {
    const summary = await client.send(new sdk.DescribeStreamSummaryCommand({ StreamName }));
    const { Shards } = await client.send(new sdk.ListShardsCommand({ StreamName }));
    const { Tags } = await client.send(new sdk.ListTagsForStreamCommand({ StreamName }));
    const { Consumers } = await client.send(new sdk.ListStreamConsumersCommand({ StreamARN: streamArn(StreamName) }));
    return { ...summary.StreamDescriptionSummary, Shards, Tags, Consumers };
  };
  const before = await describe();
  for (let round = 0; round < 2; round += 1) {
    const puts = Promise.allSettled([putOn(), putOn(), putOn()]);
    const wanted = answered.size + 200;
    while (answered.size < wanted) await new Promise(setImmediate);
    await kill();
    await puts;
    await start();
    const found = await readAll();
    for (const [number, text] of answered) expect(found.get(number)).toBe(text);
    // A call that was written but not answered may be there too, whole.
    expect((found.size - answered.size) % 20).toBe(0);
    for (const [number, text] of found) answered.set(number, text);
  }
  expect(await describe()).toEqual(before);
  expect(before).toMatchObject({ OpenShardCount: 3, ConsumerCount: 1, Tags: [{ Key: 'made', Value: 'first' }] });
});
