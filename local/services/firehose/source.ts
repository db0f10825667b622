import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../json-api.ts';
import type { ShardPosition, ShardRead, StreamReader, StreamRecord } from '../kinesis-reader.ts';
import { deaggregateKpl } from './kpl.ts';
import { type Accepted, bytesOf, type Origin } from './part.ts';
import type { Positions } from './positions.ts';

export interface SourcePorts {
  readonly reader: StreamReader;
  readonly streamArn: string;
  readonly positions: Positions;
  /** Pause between two reads of a shard. Firehose reads once a second. */
  readonly pollMs: number;
  /** Origins of records that an earlier run has kept, beyond the positions it saved. */
  readonly kept: Iterable<Origin>;
  readonly isFull: () => boolean;
  /** Resolves once the records are kept. */
  accept(records: readonly Accepted[]): Promise<void>;
  measure(name: string, value: number): void;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Most that one GetRecords gives. */
const READ_RECORDS = 10_000;

const idOf = ({ shardId, sequenceNumber, subsequenceNumber }: Origin) =>
  `${shardId} ${sequenceNumber} ${subsequenceNumber}`;

/** The records that a record of the stream stands for: aggregated ones are taken apart. */
function acceptedFrom(shardId: string, { data, arrivalMs, partitionKey, sequenceNumber }: StreamRecord): Accepted[] {
  const users = deaggregateKpl(data) ?? [{ data, partitionKey }];
  return users.map((user, subsequenceNumber) => ({
    data: user.data,
    arrivalMs,
    origin: { shardId, sequenceNumber, subsequenceNumber, partitionKey: user.partitionKey },
  }));
}

/** Reads a Kinesis stream into a delivery stream: at first from LATEST, shards that come later from their beginning.
 *  Resolves once reading has stopped. */
export class Source {
  private readonly ports: SourcePorts;
  private readonly kept: Set<string>;
  private readonly reading = new Map<string, Promise<void>>();
  private readonly watching: Promise<void>;

  /** @throws ServiceError when the stream does not exist. */
  constructor(ports: SourcePorts) {
    this.ports = ports;
    this.kept = new Set([...ports.kept].map(idOf));
    const shards = ports.reader.shards(ports.streamArn);
    // From here on LATEST means this place
    if (ports.positions.of.size === 0)
      for (const { shardId } of shards) ports.positions.save(shardId, this.end(shardId));
    this.watching = this.watch();
  }

  /** Resolves once nothing is read any more. */
  async stopped(): Promise<void> {
    await this.watching;
    await Promise.all(this.reading.values());
  }

  private end(shardId: string): ShardPosition {
    const { reader, streamArn } = this.ports;
    return reader.read(streamArn, shardId, 'LATEST', 1).next ?? 'LATEST';
  }

  private async watch(): Promise<void> {
    const { signal } = this.ports;
    while (!signal.aborted) {
      this.begin();
      await this.pause();
    }
  }

  private begin(): void {
    const { reader, streamArn, positions, log } = this.ports;
    try {
      const present = reader.shards(streamArn);
      for (const { shardId } of present) {
        if (this.reading.has(shardId)) continue;
        const from = positions.of.get(shardId) ?? 'TRIM_HORIZON';
        this.reading.set(shardId, this.follow(shardId, from));
      }
      const ids = new Set(present.map(({ shardId }) => shardId));
      for (const shardId of [...positions.of.keys()]) if (!ids.has(shardId)) positions.forget(shardId);
    } catch (error) {
      log(`shards of ${streamArn} cannot be listed, trying again: ${error}`);
    }
  }

  private async follow(shardId: string, from: ShardPosition): Promise<void> {
    const { positions, signal } = this.ports;
    for (let position: ShardPosition | null = from; position !== null && !signal.aborted; ) {
      const found: ShardRead | undefined = this.ports.isFull() ? undefined : this.read(shardId, position);
      if (found) {
        await this.take(shardId, found.records);
        position = found.next;
        if (position !== null) positions.save(shardId, position);
      }
      if (position !== null) await this.pause();
    }
  }

  private read(shardId: string, position: ShardPosition): ShardRead | undefined {
    const { reader, streamArn, measure, log } = this.ports;
    try {
      const found = reader.read(streamArn, shardId, position, READ_RECORDS);
      measure('KinesisMillisBehindLatest', found.millisBehindLatest);
      return found;
    } catch (error) {
      const throttled = error instanceof ServiceError && error.code === 'ProvisionedThroughputExceededException';
      measure('ThrottledGetRecords', throttled ? 1 : 0);
      if (!throttled) log(`${shardId} cannot be read, trying again: ${error}`);
      return undefined;
    }
  }

  private async take(shardId: string, records: readonly StreamRecord[]): Promise<void> {
    if (records.length === 0) return;
    const { accept, measure } = this.ports;
    const accepted = records.flatMap((record) => acceptedFrom(shardId, record));
    measure('DataReadFromKinesisStream.Records', accepted.length);
    measure('DataReadFromKinesisStream.Bytes', bytesOf(accepted));
    await accept(accepted.filter(({ origin }) => !(origin && this.kept.delete(idOf(origin)))));
  }

  private async pause(): Promise<void> {
    const { pollMs, signal } = this.ports;
    await delay(pollMs, undefined, { signal }).catch(() => {});
  }
}

/** Whether the stream still holds a record. */
export function isRetainedIn(reader: StreamReader, streamArn: string): (record: Accepted) => boolean {
  return ({ origin }) => {
    if (!origin) return false;
    try {
      const [oldest] = reader.read(streamArn, origin.shardId, 'TRIM_HORIZON', 1).records;
      return oldest !== undefined && BigInt(oldest.sequenceNumber) <= BigInt(origin.sequenceNumber);
    } catch (error) {
      return !(error instanceof ServiceError && error.code === 'ResourceNotFoundException');
    }
  };
}
