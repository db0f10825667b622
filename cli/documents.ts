import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CliError } from './errors.ts';
import { PROJECT } from './project.ts';

/** JSON documents, one an event, byte for byte: what is no JSON is for the pipeline to say. */
export type Documents = AsyncIterable<Uint8Array>;

/** Largest document: a Kinesis record is at most 1 MiB with its partition key
 *  (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html). */
const MAX_DOCUMENT_BYTES = 1024 * 1024 - 256;

/** The documents that a name stands for: `-` is standard input, the name of an example its sample, all else a file of
 *  newline-delimited JSON, gzipped if it ends in `.gz`.
 *  @throws CliError when there is neither such an example nor such a file. */
export async function documentsOf(name: string): Promise<Documents> {
  if (name === '-') return lines(process.stdin, 'standard input');
  if (hasSample(name)) return encoded((await import(sampleOf(name))).sample());
  if (!statSync(name, { throwIfNoEntry: false })?.isFile()) {
    throw new CliError(`'${name}' is neither an example nor a file: see \`millrace put --help\``);
  }
  const file = createReadStream(name);
  if (!name.endsWith('.gz')) return lines(file, name);
  // What fails on either side comes out where the documents are read.
  return lines(
    pipeline(file, createGunzip(), () => {}),
    name,
  );
}

const sampleOf = (name: string): string => join(PROJECT, 'pipelines', name, 'sample.ts');

/** Whether a pipeline has events to show it with. */
export const hasSample = (name: string): boolean => /^[a-z0-9-]+$/.test(name) && existsSync(sampleOf(name));

async function* encoded(events: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const event of events) yield Buffer.from(JSON.stringify(event));
}

/** Lines of a stream, empty ones left out, in bounded memory. */
async function* lines(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Uint8Array> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  const checked = (line: Buffer): Buffer => {
    number += 1;
    if (line.length <= MAX_DOCUMENT_BYTES) return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
    throw new CliError(
      `${name}, line ${number}: found more than ${MAX_DOCUMENT_BYTES} bytes; expected at most as many in one document`,
    );
  };
  for await (const chunk of readable(stream, name)) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = checked(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (line.length > 0) yield line;
    }
    if (rest.length > MAX_DOCUMENT_BYTES) checked(rest);
  }
  const last = checked(rest);
  if (last.length > 0) yield last;
}

/** A stream whose failure names the file. */
async function* readable(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** The same documents, at most `perSecond` of them a second. */
export async function* paced(documents: Documents, perSecond: number): AsyncGenerator<Uint8Array> {
  const started = performance.now();
  let count = 0;
  for await (const document of documents) {
    const early = started + (count * 1000) / perSecond - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    count += 1;
    yield document;
  }
}
