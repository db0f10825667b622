import { memoryCommitLog } from '../adapters/memory/commit-log.ts';
import { memoryObjectStore } from '../adapters/memory/object-store.ts';
import { type EnginePorts, processBatch } from '../core/engine/batch.ts';
import { engineOn } from '../core/engine/engine.ts';
import type { ParkedKey } from '../core/engine/parking.ts';
import { compile, type Program } from '../core/engine/program.ts';
import type { SnapshotPolicy } from '../core/engine/shard-log.ts';
import { heartbeatRecord, redriveRecord } from '../core/event/control.ts';
import type { Plan } from '../core/pipeline/index.ts';
import type { Clock, Sinks } from '../core/ports.ts';
import { DriveError } from './errors.ts';
import { Crashed, type CrashPoint, Fuse } from './fuse.ts';
import type { MemoryStream } from './stream.ts';

/** A snapshot as soon as the log has grown as long as the last: what is deployed waits for more, but a test that crashes
 *  shall meet snapshots. */
const SNAPSHOTS: SnapshotPolicy = { bytes: 300, commits: 1_000 };

export interface PartOptions {
  readonly stream: MemoryStream;
  readonly sinks: Sinks;
  readonly clock: Clock;
  readonly batchSize: number;
}

/** A part of a pipeline on the stream that it reads, with a log of its own: what is deployed as one function. */
export class Part {
  readonly stream: MemoryStream;
  readonly program: Program;
  readonly #options: PartOptions;
  readonly #log = memoryCommitLog();
  readonly #objects = memoryObjectStore();
  readonly #fuse = new Fuse();
  /** By shard, how many records are done. */
  readonly #taken = new Map<string, number>();
  /** The parked keys of each open shard. */
  readonly #parked = new Map<string, readonly (readonly [partitionKey: string, Readonly<ParkedKey>])[]>();
  #ports: EnginePorts;
  #tokens = 0;
  #controls = 0;

  constructor(plan: Plan, options: PartOptions) {
    this.program = compile(plan);
    this.stream = options.stream;
    this.#options = options;
    this.#ports = this.#start();
  }

  get parked(): readonly (readonly [partitionKey: string, Readonly<ParkedKey>])[] {
    return this.stream.open.flatMap(({ shardId }) => this.#parked.get(shardId) ?? []);
  }

  /** Loses the execution environment, now or at a point of its next batch. */
  crash(before: CrashPoint | undefined): void {
    if (before) this.#fuse.light(before);
    else this.#ports = this.#start();
  }

  /** Puts a heartbeat into each open shard. */
  beat(arrivalMs: number): void {
    const shardIds = this.stream.open.map(({ shardId }) => shardId);
    for (const shardId of shardIds) {
      this.#controls += 1;
      const data = Buffer.from(JSON.stringify(heartbeatRecord(`${shardId}/${this.#controls}`, shardIds)));
      this.stream.putInto(shardId, { partitionKey: `millrace.heartbeat/${shardId}`, arrivalMs, data });
    }
  }

  /** Asks for each parked key to be taken through again. */
  redrive(arrivalMs: number): void {
    for (const [partitionKey] of this.parked) {
      this.#controls += 1;
      const record = redriveRecord(`redrive-${this.#controls}`, this.program.plan.name, partitionKey);
      this.stream.put({ partitionKey, arrivalMs, data: Buffer.from(JSON.stringify(record)) });
    }
  }

  /** Takes all records there are, as the event source mapping would.
   *  @throws DriveError when the pipeline has stopped; what is left comes again. */
  async drain(): Promise<void> {
    for (const { shardId } of this.stream.all) {
      while (this.#takenOf(shardId) < this.stream.records(shardId).length) await this.#takeBatch(shardId);
    }
  }

  async #takeBatch(shardId: string): Promise<void> {
    const taken = this.#takenOf(shardId);
    const records = this.stream.records(shardId).slice(taken, taken + this.#options.batchSize);
    try {
      this.#fuse.begin(shardId);
      const batch = { shardId, records, stopAtMs: Number.POSITIVE_INFINITY };
      const { unfinished, stopped } = await processBatch(this.program, batch, this.#ports);
      this.#fuse.end();
      const left = records.findIndex(({ sequenceNumber }) => sequenceNumber === unfinished);
      this.#taken.set(shardId, taken + (left < 0 ? records.length : left));
      this.#parked.set(shardId, [...(await this.#ports.cache.get(shardId)).lot.keys]);
      if (stopped !== undefined) throw new DriveError(`pipeline '${this.program.plan.name}' has stopped: ${stopped}`);
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      this.#ports = this.#start(); // the mapping delivers the batch again, to another environment
    }
  }

  #takenOf(shardId: string): number {
    return this.#taken.get(shardId) ?? 0;
  }

  #start(): EnginePorts {
    const { stream: shards, sinks, clock } = this.#options;
    const newToken = () => `token-${++this.#tokens}`;
    const services = { ...sinks, log: this.#log, objects: this.#objects, shards, clock, newToken };
    return engineOn(this.#fuse.in(services), this.program.plan, 'test', SNAPSHOTS);
  }
}
