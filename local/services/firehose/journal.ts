import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Holds an accepted record in the journal until it is settled: delivered, all its parts. */
export interface Ticket {
  settle(): void;
}

export interface Recovered {
  readonly data: Buffer;
  readonly arrivalMs: number;
  readonly ticket: Ticket;
}

/** Accepted records of one stream on disk, so that a killed run delivers them when it starts again. */
export interface Journal {
  /** False when it keeps nothing. */
  readonly durable: boolean;
  /** Records of earlier runs that were not settled. */
  readonly recovered: readonly Recovered[];
  /** Resolves once the records are in the file; the process may then be killed. */
  append(records: readonly Buffer[], arrivalMs: number): Promise<readonly Ticket[]>;
  /** Later records go to a new file, so that the file of those now under way can be removed once they are settled. */
  rotate(): void;
  close(): Promise<void>;
}

/** Frame: bytes of data (uint32), CRC-32 of what follows (uint32), arrival (float64, epoch ms), data. */
const HEADER_BYTES = 16;

function frame(data: Buffer, arrivalMs: number): Buffer {
  const framed = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  framed.writeUInt32BE(data.length, 0);
  framed.writeDoubleBE(arrivalMs, 8);
  data.copy(framed, HEADER_BYTES);
  framed.writeUInt32BE(crc32(framed.subarray(8)), 4);
  return framed;
}

/** Reads frames until one is torn: that one was never acknowledged. */
function* frames(content: Buffer): Generator<{ data: Buffer; arrivalMs: number }> {
  let at = 0;
  while (at + HEADER_BYTES <= content.length) {
    const end = at + HEADER_BYTES + content.readUInt32BE(at);
    if (end > content.length || crc32(content.subarray(at + 8, end)) !== content.readUInt32BE(at + 4)) return;
    yield { arrivalMs: content.readDoubleBE(at + 8), data: content.subarray(at + HEADER_BYTES, end) };
    at = end;
  }
}

/** A file and how many of its records are not settled yet; it goes when it is closed and none is left. */
class Segment {
  readonly path: string;
  private held = 0;
  private closed = false;
  /** Set once the file is being removed. */
  removal: Promise<void> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  hold(): Ticket {
    this.held++;
    let settled = false;
    return {
      settle: () => {
        if (settled) return;
        settled = true;
        this.held--;
        this.removeIfDone();
      },
    };
  }

  close(): void {
    this.closed = true;
    this.removeIfDone();
  }

  private removeIfDone(): void {
    if (!this.closed || this.held > 0 || this.removal) return;
    this.removal = rm(this.path, { force: true });
    // A file that stays means a second delivery, not a loss; closing reports it
    this.removal.catch(() => {});
  }
}

async function recover(segments: readonly Segment[]): Promise<Recovered[]> {
  const recovered: Recovered[] = [];
  for (const segment of segments) {
    for (const found of frames(await readFile(segment.path))) recovered.push({ ...found, ticket: segment.hold() });
    segment.close();
  }
  return recovered;
}

const numberOf = (name: string) => Number.parseInt(name, 10);

/** Opens the journal in a directory of its own, reading what earlier runs left. */
export async function openJournal(directory: string): Promise<Journal> {
  await mkdir(directory, { recursive: true });
  const names = (await readdir(directory))
    .filter((name) => name.endsWith('.journal'))
    .sort((a, b) => numberOf(a) - numberOf(b));
  let segments = names.map((name) => new Segment(join(directory, name)));
  const recovered = await recover(segments);
  let next = numberOf(names.at(-1) ?? '0') + 1;
  let current: { segment: Segment; file: FileHandle } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const begin = async () => {
    const segment = new Segment(join(directory, `${next++}.journal`));
    const file = await open(segment.path, 'ax');
    // Those already removed need no watching; a removal that failed is kept for close to report
    const settled = await Promise.allSettled(segments.map((old) => old.removal ?? Promise.reject()));
    segments = [...segments.filter((_, index) => settled[index]?.status === 'rejected'), segment];
    current = { segment, file };
    return current;
  };
  const end = async () => {
    const ended = current;
    current = undefined;
    await ended?.file.close();
    ended?.segment.close();
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };

  return {
    durable: true,
    recovered,
    append: (records, arrivalMs) =>
      inTurn(async () => {
        const { segment, file } = current ?? (await begin());
        try {
          await file.appendFile(Buffer.concat(records.map((data) => frame(data, arrivalMs))));
        } catch (error) {
          // What was written of it is torn; frames after it could not be read back
          await end();
          throw error;
        }
        return records.map(() => segment.hold());
      }),
    rotate: () => void inTurn(end).catch(() => {}),
    close: async () => {
      await inTurn(end);
      await Promise.all(segments.map((segment) => segment.removal));
    },
  };
}

/** The journal of a run that keeps nothing. */
export const noJournal: Journal = {
  durable: false,
  recovered: [],
  append: async (records) => records.map(() => ({ settle: () => {} })),
  rotate: () => {},
  close: async () => {},
};
