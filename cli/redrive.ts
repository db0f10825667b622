import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { dynamoCommitLog } from '../adapters/dynamodb/commit-log.ts';
import { listShards } from '../adapters/kinesis/shards.ts';
import { s3ObjectStore } from '../adapters/s3/object-store.ts';
import { ShardLogs } from '../core/engine/shard-log.ts';
import { redriveRecord } from '../core/event/control.ts';
import { EPOCH } from '../infra/names.ts';
import { UsageError } from './errors.ts';
import { wholeNumber } from './options.ts';
import { type PartOutputs, type StageOutputs, stageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { type PipelinePorts, type RedriveRow, redrivePipelines, refuseLeft } from './redrive-pipelines.ts';
import { printTable } from './table.ts';
import { addTargetOptions, announceTarget, chooseTarget, type Target, type TargetOptions } from './target.ts';

interface Options extends TargetOptions {
  readonly key?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** What `--json` prints. */
interface Report {
  readonly stage: string;
  readonly dryRun: boolean;
  readonly keys: readonly RedriveRow[];
}

const DETAILS = `
A step that throws parks the record, and what follows it under the same partition key. Mend the step, deploy, and redrive:
the records of a key go through the new code in their order, before what arrives meanwhile. A record on which a step
throws again stays the first of its key. Shown are partition keys and the error as the step threw it, never payloads.

Exit code: 0 when every key is free; 1 when one is still parked, or the pipeline has not come to it within the timeout.

Examples:
  $ npx millrace redrive --dry-run                    what is parked, since when, and why
  $ npx millrace redrive --key customer-17
  $ npx millrace redrive web-traffic --all --json
  $ npx millrace redrive --all --aws --stage prod`;

/** `millrace redrive`: has parked records taken through the steps again. */
export function register(program: Command): void {
  const command = program
    .command('redrive')
    .description('list the records on which a step threw, or take them through the steps again')
    .argument('[pipeline]', 'one pipeline of the stage, or its part NAME-hop-N (default: all)')
    .option('--key <key>', 'redrive the records of this partition key')
    .option('--all', 'redrive every key that is parked now')
    .option('--dry-run', 'list the parked keys and change nothing')
    .option('--timeout <seconds>', 'how long to wait for the pipeline each time', wholeNumber(1, 86_400), 300)
    .option('--json', 'print an object for scripts')
    .addHelpText('after', DETAILS);
  addTargetOptions(command).action(async (pipeline: string | undefined, options: Options) => {
    if (options.key !== undefined && options.all) command.error('error: give either --key or --all');
    if (options.key === undefined && !options.all && !options.dryRun)
      command.error('error: give --key or --all, or --dry-run to see what is parked');
    await redrive(pipeline, options);
  });
}

async function redrive(pipeline: string | undefined, options: Options): Promise<void> {
  const { key, dryRun = false, timeout, json } = options;
  const target = chooseTarget(options);
  announceTarget(target);
  const outputs = await stageOutputs(target);
  const services = new Services(target);
  const progress = json || dryRun ? undefined : new Progress('records redriven');
  let keys: readonly RedriveRow[];
  try {
    const pipelines = chosen(pipeline, outputs).map((part) => services.portsOf(part, outputs));
    const onProgress = (name: string, redriven: number, left: number) =>
      progress?.update(redriven, `keys left in ${name}: ${left.toLocaleString('en-US')}`);
    keys = await redrivePipelines(pipelines, { key, dryRun, timeoutSeconds: timeout, onProgress });
  } finally {
    progress?.end();
    services.close();
  }
  const report: Report = { stage: target.stage, dryRun, keys };
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
  if (!dryRun) refuseLeft(keys, timeout);
}

/** All parts of a pipeline by its name, or one by its own. */
function chosen(pipeline: string | undefined, { parts }: StageOutputs): readonly PartOutputs[] {
  if (pipeline === undefined) return parts;
  const found = parts.filter((part) => part.pipeline === pipeline || part.name === pipeline);
  if (found.length > 0) return found;
  const names = parts.map(({ name }) => name).join(', ');
  throw new UsageError(`the stage has no pipeline '${pipeline}': it has ${names || 'none'}`);
}

/** Clients for the stage. */
class Services {
  readonly #kinesis: KinesisClient;
  readonly #dynamo: DynamoDBClient;
  readonly #s3: S3Client;

  constructor({ client }: Target) {
    // A shard that producers keep at its limit turns away a good part of the puts.
    this.#kinesis = new KinesisClient({ ...client, maxAttempts: 10 });
    this.#dynamo = new DynamoDBClient(client);
    this.#s3 = new S3Client({ ...client, forcePathStyle: true });
  }

  portsOf({ name, logTableName, streamName }: PartOutputs, { bucketName }: StageOutputs): PipelinePorts {
    const clock = Date;
    const epoch = EPOCH;
    const log = dynamoCommitLog({ client: this.#dynamo, table: logTableName, pipeline: name, epoch, clock });
    const objects = s3ObjectStore(this.#s3, bucketName);
    const logs = new ShardLogs({ log, objects, clock }, `${name}/${epoch}`, 0); // ids are not asked for
    const put = async (key: string, hashKey: string | undefined) => {
      const { ShardId = '', SequenceNumber = '' } = await this.#kinesis.send(
        new PutRecordCommand({
          StreamName: streamName,
          PartitionKey: key,
          ExplicitHashKey: hashKey,
          Data: Buffer.from(JSON.stringify(redriveRecord(randomUUID(), name, key))),
        }),
      );
      return { shardId: ShardId, sequenceNumber: SequenceNumber };
    };
    return {
      name,
      ports: { logs, put, clock, sleep, listShards: () => listShards(this.#kinesis, { StreamName: streamName }) },
    };
  }

  close(): void {
    for (const client of [this.#kinesis, this.#dynamo, this.#s3]) client.destroy();
  }
}

const LISTED = ['pipeline', 'key', 'records', 'since', 'step', 'found', 'shard'] as const;
const REDRIVEN = ['pipeline', 'key', 'outcome', 'redriven', 'records', 'step', 'found'] as const;

function describe({ dryRun, keys }: Report): string {
  if (keys.length === 0) return 'nothing is parked';
  const names = dryRun ? LISTED : REDRIVEN;
  const columns = names.map((name) => ({ name, type: '' }));
  return printTable(
    columns,
    keys.map((row) => names.map((name) => row[name])),
    true,
  );
}
