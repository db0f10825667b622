import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { readObjects, s3ArchiveStore } from '../adapters/s3/archive-store.ts';
import { type Checked, checkChain, checkObject, type Finding } from '../core/archive/verify.ts';
import { CliError } from './errors.ts';
import { stageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { printTable } from './table.ts';
import { addTargetOptions, announceTarget, chooseTarget, type TargetOptions } from './target.ts';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** What `--json` prints. */
export interface ArchiveReport {
  readonly stage: string;
  readonly shards: readonly ArchivedShard[];
  readonly findings: readonly Finding[];
}

export interface ArchivedShard {
  readonly shardId: string;
  readonly objects: number;
  readonly records: number;
  /** Sequence numbers of the first record and of the last. */
  readonly first: string;
  readonly last: string;
}

const DETAILS = `
Every object is read whole and held against its name and its description, and each shard's objects against each other and
against how far the archiver says it has come. So a record that is missing between the first and the last, or that is there
twice, is found by shard and sequence number. What the archiver has not come to yet is not missing.

Exit code: 0 when all is as it must be; 1 when something was found.

Examples:
  $ npx millrace archive verify
  $ npx millrace archive verify --aws --stage prod --json`;

/** `millrace archive`: looks after the archive of the stream. */
export function register(program: Command): void {
  const archive = program.command('archive').description('look after the archive of the stream');
  const command = archive
    .command('verify')
    .description('read the whole archive, and say what is missing, damaged or there twice')
    .option('--json', 'print an object for scripts')
    .addHelpText('after', DETAILS);
  addTargetOptions(command).action(async (options: Options) => {
    const target = chooseTarget(options);
    announceTarget(target);
    const { archiveBucketName } = await stageOutputs(target);
    const s3 = new S3Client({ ...target.client, forcePathStyle: true });
    const progress = options.json ? undefined : new Progress('records read');
    try {
      const found = await verifyArchive(s3, archiveBucketName, (records) => progress?.update(records));
      const report: ArchiveReport = { stage: target.stage, ...found };
      progress?.end();
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
      const { length } = report.findings;
      if (length > 0)
        throw new CliError(`the archive is not whole: ${length} ${length === 1 ? 'finding' : 'findings'}`);
    } finally {
      s3.destroy();
    }
  });
}

/** Reads the archive in a bucket. */
export async function verifyArchive(
  s3: S3Client,
  bucket: string,
  onProgress: (records: number) => void = () => {},
): Promise<Pick<ArchiveReport, 'shards' | 'findings'>> {
  const store = s3ArchiveStore(s3, bucket);
  // Before the objects: what the archiver adds meanwhile is then beyond the heads, and not missing.
  const heads = new Map(
    await Promise.all((await store.shards()).map(async (id) => [id, await store.head(id)] as const)),
  );
  const findings: Finding[] = [];
  const byShard = new Map<string, Checked[]>([...heads.keys()].map((shardId) => [shardId, []]));
  let records = 0;
  for await (const { name, bytes, about } of readObjects(s3, bucket)) {
    const checked = checkObject(name, bytes, about);
    if ('what' in checked) findings.push(checked);
    else {
      records += checked.records;
      const ofShard = byShard.get(checked.shardId);
      if (ofShard) ofShard.push(checked);
      else byShard.set(checked.shardId, [checked]);
      onProgress(records);
    }
  }
  const shards = [...byShard].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [shardId, objects] of shards) findings.push(...checkChain(shardId, objects, heads.get(shardId)?.head));
  return { shards: shards.flatMap(([shardId, objects]) => archivedShard(shardId, objects)), findings };
}

function archivedShard(shardId: string, objects: readonly Checked[]): ArchivedShard[] {
  const sorted = objects.toSorted((a, b) => (BigInt(a.first) < BigInt(b.first) ? -1 : 1));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return [];
  const records = sorted.reduce((sum, each) => sum + each.records, 0);
  return [{ shardId, objects: sorted.length, records, first: first.first, last: last.last }];
}

const SHARDS = ['shardId', 'objects', 'records', 'first', 'last'] as const;
const FINDINGS = ['shardId', 'what', 'object', 'found', 'expected'] as const;

function describe({ shards, findings }: ArchiveReport): string {
  const table = <Name extends string>(
    names: readonly Name[],
    rows: readonly Readonly<Record<Name, string | number | undefined>>[],
  ) =>
    printTable(
      names.map((name) => ({ name, type: '' })),
      rows.map((row) => names.map((name) => row[name] ?? null)),
      true,
    );
  if (shards.length === 0 && findings.length === 0) return 'nothing is archived yet';
  return [
    table(SHARDS, shards),
    findings.length > 0 ? table(FINDINGS, findings) : 'nothing is missing, damaged or there twice',
  ].join('\n');
}
