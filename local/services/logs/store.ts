import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../service.ts';
import { ServiceError } from '../json-api.ts';

export interface LogEvent {
  /** Rises with each event of its group. */
  readonly sequence: number;
  readonly stream: string;
  readonly timestampMs: number;
  readonly ingestedMs: number;
  readonly message: string;
}

export interface LogStream {
  readonly name: string;
  readonly createdMs: number;
  firstEventMs: number | undefined;
  lastEventMs: number | undefined;
  lastIngestedMs: number | undefined;
}

const DAY_MS = 24 * 3_600_000;
/** Of a group's events so much is held, as their messages' bytes; then the oldest go. CloudWatch has no such limit. */
const GROUP_BYTES_MAX = 16 * 1024 * 1024;

/** A log group: its streams, and the events of all of them in the order in which they came. */
export class LogGroup {
  readonly name: string;
  readonly createdMs: number;
  readonly streams = new Map<string, LogStream>();
  /** Undefined keeps events for ever. */
  retentionDays: number | undefined;
  bytes = 0;
  readonly #now: () => number;
  #events: LogEvent[] = [];
  #sequence = 0;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
    this.createdMs = now();
  }

  get arn(): string {
    return `arn:aws:logs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:log-group:${this.name}`;
  }

  /** Events older than this are gone. */
  get oldestMs(): number {
    return this.retentionDays === undefined ? Number.NEGATIVE_INFINITY : this.#now() - this.retentionDays * DAY_MS;
  }

  createStream(name: string): LogStream {
    if (this.streams.has(name))
      throw new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    const times = { firstEventMs: undefined, lastEventMs: undefined, lastIngestedMs: undefined };
    const stream = { name, createdMs: this.#now(), ...times };
    this.streams.set(name, stream);
    return stream;
  }

  streamNamed(name: string): LogStream {
    const found = this.streams.get(name);
    if (found) return found;
    throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }

  deleteStream(name: string): void {
    this.streams.delete(this.streamNamed(name).name);
    this.#events = this.#events.filter((event) => event.stream !== name);
    this.bytes = this.#events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
  }

  add(stream: LogStream, timestampMs: number, message: string): void {
    this.#sequence += 1;
    const ingestedMs = this.#now();
    this.#events.push({ sequence: this.#sequence, stream: stream.name, timestampMs, ingestedMs, message });
    this.bytes += Buffer.byteLength(message);
    stream.firstEventMs = Math.min(stream.firstEventMs ?? timestampMs, timestampMs);
    stream.lastEventMs = Math.max(stream.lastEventMs ?? timestampMs, timestampMs);
    stream.lastIngestedMs = ingestedMs;
    if (this.bytes > GROUP_BYTES_MAX) this.#forgetHalf();
  }

  /** Those still retained, in the order of their times. */
  events(): readonly LogEvent[] {
    const { oldestMs } = this;
    const kept = this.#events.filter(({ timestampMs }) => timestampMs >= oldestMs);
    return kept.sort((a, b) => a.timestampMs - b.timestampMs || a.sequence - b.sequence);
  }

  /** Seldom and much, for dropping the front of an array costs as much as what stays. */
  #forgetHalf(): void {
    let first = 0;
    for (; this.bytes > GROUP_BYTES_MAX / 2 && first < this.#events.length - 1; first += 1)
      this.bytes -= Buffer.byteLength(this.#events[first]?.message ?? '');
    this.#events = this.#events.slice(first);
  }
}

/** The log groups of the run, in memory. */
export class LogStore {
  readonly now: () => number;
  readonly #groups = new Map<string, LogGroup>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** In the order of their names. */
  all(): readonly LogGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(name: string): LogGroup {
    if (this.#groups.has(name))
      throw new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
    const group = new LogGroup(name, this.now);
    this.#groups.set(name, group);
    return group;
  }

  /** Takes a name or an ARN. */
  group(nameOrArn: string): LogGroup {
    const name = nameOrArn.replace(/^arn:aws:logs:[^:]*:[^:]*:log-group:/, '').replace(/:\*$/, '');
    const found = this.#groups.get(name);
    if (found) return found;
    throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
  }

  delete(name: string): void {
    this.#groups.delete(this.group(name).name);
  }

  /** Writes a line of a function, which makes what group and stream there are not. */
  write(groupName: string, streamName: string, message: string): void {
    const group = this.#groups.get(groupName) ?? this.create(groupName);
    const stream = group.streams.get(streamName) ?? group.createStream(streamName);
    group.add(stream, this.now(), message);
  }
}
