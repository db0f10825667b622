import { KinesisClient } from '@aws-sdk/client-kinesis';
import { type Command, InvalidArgumentError } from 'commander';
import { putRecordsTo } from '../adapters/kinesis/put-records.ts';
import { pipelines } from '../pipelines/index.ts';
import { putInOrder } from '../producer/put.ts';
import type { putInTurn } from '../producer/put-in-turn.ts';
import { type OutgoingRecord, readersOf, recordOf } from '../producer/record.ts';
import { type Documents, documentsOf, hasSample, paced } from './documents.ts';
import { stageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { addTargetOptions, announceTarget, chooseTarget, type Target, type TargetOptions } from './target.ts';

interface PutOptions extends TargetOptions {
  readonly rate?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
A document is a CloudEvents 1.0 JSON object. Its partition key is the value of its event type's key.
What is no known event is put all the same; the pipeline keeps it in the table 'quarantine' with the reason.

Examples:
  $ npx millrace put web-traffic
  $ npx millrace put events.ndjson --rate 500
  $ generate-events | npx millrace put -`;

export function register(program: Command): void {
  const names = pipelines
    .map(({ name }) => name)
    .filter(hasSample)
    .join(', ');
  const command = program
    .command('put')
    .description('put events to the stream, in order by key')
    .argument('<source>', `an example (${names}), a file of newline-delimited JSON (.gz too), or - for standard input`)
    .option('--rate <events>', 'events a second at most', eventsPerSecond)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES);
  addTargetOptions(command).action(run);
}

async function run(source: string, options: PutOptions): Promise<void> {
  const documents = await documentsOf(source);
  const target = chooseTarget(options);
  announceTarget(target);
  const { streamName } = await stageOutputs(target);
  const progress = new Progress('put');
  const put = await putDocuments(options.rate ? paced(documents, options.rate) : documents, {
    target,
    streamName,
    progress,
    put: putInOrder,
  });
  const result = { put, seconds: Number(progress.seconds.toFixed(1)), stream: streamName };
  const { seconds } = result;
  process.stdout.write(
    options.json ? `${JSON.stringify(result)}\n` : `${put} events put to ${streamName} in ${seconds} s\n`,
  );
}

/** How documents are put. */
export interface PutDocumentsOptions {
  readonly target: Target;
  readonly streamName: string;
  readonly progress: Progress;
  readonly put: typeof putInOrder | typeof putInTurn;
}

/** Puts documents to a stream and shows how far it is.
 *  @returns how many were put.
 *  @throws PutError when the stream goes on refusing a record. */
export async function putDocuments(
  documents: Documents,
  { target, streamName, progress, put }: PutDocumentsOptions,
): Promise<number> {
  const client = new KinesisClient(target.client);
  try {
    const putRecords = putRecordsTo(client, streamName);
    return await put(recordsOf(documents), { putRecords, onProgress: (count) => progress.update(count) });
  } finally {
    progress.end();
    client.destroy();
  }
}

async function* recordsOf(documents: Documents): AsyncGenerator<OutgoingRecord> {
  const readers = readersOf(pipelines);
  for await (const document of documents) yield recordOf(document, readers);
}

function eventsPerSecond(value: string): number {
  const rate = Number(value);
  if (rate > 0 && rate <= 1_000_000) return rate;
  throw new InvalidArgumentError('Expected a number of events above 0.');
}
