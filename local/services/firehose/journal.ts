import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFrame, type Frame, readFrames } from './journal-frame.ts';
import { Recovery } from './journal-recovery.ts';
import type { Accepted } from './part.ts';

/** Holds an accepted record in the journal until it is settled: delivered, all its parts. */
export interface Ticket {
  /** The record's number in the journal; rises. */
  readonly record: number;
  settle(): void;
}

/** A part of a record: a record is delivered in one piece or, taken apart, in several. */
export interface PartId {
  readonly record: number;
  readonly part: number;
}

/** Objects that a delivery is about to write, fixed before it begins: done again after a kill, it writes the same parts
 *  under the same keys. */
export interface Plan {
  readonly id: number;
  /** What is in the object, e.g. `data` or an error type → its key. */
  readonly objects: Readonly<Record<string, string>>;
  /** How many parts belong to it. */
  readonly size: number;
}

export type Fate = 'delivered' | Plan | undefined;

export interface Recovered {
  readonly record: Accepted;
  readonly ticket: Ticket;
  fateOf(part: number): Fate;
}

/** Accepted records of one stream on disk, and what has become of them, so that a killed run delivers them when it
 *  starts again, and each only once. */
export interface Journal {
  /** False when it keeps nothing. */
  readonly durable: boolean;
  /** Records of earlier runs that were not delivered whole. */
  readonly recovered: readonly Recovered[];
  /** Resolves once the records are in the file; the process may then be killed. */
  append(records: readonly Accepted[]): Promise<readonly Ticket[]>;
  plan(parts: readonly PartId[], objects: Plan['objects']): Promise<Plan>;
  /** The objects of a plan are written. */
  done(plan: Plan): Promise<void>;
  close(): Promise<void>;
}

/** A file takes no more records once it is this large. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** A file and how many of its records are not settled yet. */
class Segment {
  readonly path: string;
  held = 0;
  bytes = 0;
  closed = false;

  constructor(path: string) {
    this.path = path;
  }
}

/** Files go oldest first: what became of a record stands in its own file or a later one. */
class Segments {
  private list: Segment[] = [];
  private removals: Promise<void> = Promise.resolve();

  add(path: string): Segment {
    const segment = new Segment(path);
    this.list.push(segment);
    return segment;
  }

  hold(segment: Segment, record: number): Ticket {
    segment.held++;
    let settled = false;
    return {
      record,
      settle: () => {
        if (settled) return;
        settled = true;
        segment.held--;
        this.sweep();
      },
    };
  }

  close(segment: Segment): void {
    segment.closed = true;
    this.sweep();
  }

  /** Resolves once every file that can go has gone. */
  swept(): Promise<void> {
    return this.removals;
  }

  private sweep(): void {
    for (let [oldest] = this.list; oldest?.closed && oldest.held === 0; [oldest] = this.list) {
      const { path } = oldest;
      this.list.shift();
      this.removals = this.removals.then(() => rm(path, { force: true }));
      // A file that stays costs only space; closing reports it
      this.removals.catch(() => {});
    }
  }
}

const numberOf = (name: string) => Number.parseInt(name, 10);

async function recover(directory: string, names: readonly string[], segments: Segments): Promise<Recovery> {
  const recovery = new Recovery();
  for (const name of names) {
    const path = join(directory, name);
    const segment = segments.add(path);
    const content = await readFile(path);
    recovery.read(readFrames(content), (record) => segments.hold(segment, record));
    segment.closed = true;
  }
  return recovery;
}

/** Opens the journal in a directory of its own, reading what earlier runs left. */
export async function openJournal(directory: string): Promise<Journal> {
  await mkdir(directory, { recursive: true });
  const names = (await readdir(directory))
    .filter((name) => name.endsWith('.segment'))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const segments = new Segments();
  const recovery = await recover(directory, names, segments);
  const recovered = recovery.unsettled();
  let nextFile = numberOf(names.at(-1) ?? '0') + 1;
  let nextRecord = recovery.lastRecord + 1;
  let nextPlan = recovery.lastPlan + 1;
  let current: { segment: Segment; file: FileHandle } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const begin = async () => {
    const path = join(directory, `${nextFile++}.segment`);
    const file = await open(path, 'ax');
    current = { segment: segments.add(path), file };
    return current;
  };
  const end = async () => {
    const ended = current;
    current = undefined;
    await ended?.file.close();
    if (ended) segments.close(ended.segment);
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const write = (frames: readonly Frame[]): Promise<Segment> =>
    inTurn(async () => {
      if (current && current.segment.bytes > SEGMENT_BYTES) await end();
      const { segment, file } = current ?? (await begin());
      const bytes = Buffer.concat(frames.map(encodeFrame));
      try {
        await file.appendFile(bytes);
      } catch (error) {
        // What was written of it is torn; frames after it could not be read back
        await end();
        throw error;
      }
      segment.bytes += bytes.length;
      return segment;
    });

  return {
    durable: true,
    recovered,
    async append(records) {
      const first = nextRecord;
      nextRecord += records.length;
      const segment = await write(records.map((record, i) => ({ kind: 'record', number: first + i, record })));
      return records.map((_, i) => segments.hold(segment, first + i));
    },
    async plan(parts, objects) {
      const plan = { id: nextPlan++, objects, size: parts.length };
      await write([{ kind: 'plan', plan, parts }]);
      return plan;
    },
    async done(plan) {
      await write([{ kind: 'done', id: plan.id }]);
    },
    async close() {
      await inTurn(end);
      await segments.swept();
    },
  };
}

/** The journal of a run that keeps nothing. */
export function createVolatileJournal(): Journal {
  let nextRecord = 1;
  return {
    durable: false,
    recovered: [],
    append: async (records) => records.map(() => ({ record: nextRecord++, settle: () => {} })),
    plan: async (parts, objects) => ({ id: 0, objects, size: parts.length }),
    done: async () => {},
    close: async () => {},
  };
}
