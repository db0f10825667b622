import { LOCAL_ACCOUNT } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { StreamRecord } from '../kinesis-reader.ts';
import type { Journal } from './journal.ts';
import { invalidArgument } from './limits.ts';
import type { Consumer, StreamSettings } from './settings.ts';
import type { Change, Store } from './store.ts';
import type { Placed, Stream } from './stream.ts';

/** How a call names its stream. */
export interface StreamReference {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

const ARN_PATTERN = /^arn:aws[\w-]*:kinesis:[^:]*:\d{12}:stream\/([\w.-]{1,128})(?:\/consumer\/([\w.-]+):(\d+))?$/;

export function consumerArn(stream: Stream, { name, createdMs }: Pick<Consumer, 'name' | 'createdMs'>): string {
  return `${stream.arn}/consumer/${name}:${Math.floor(createdMs / 1000)}`;
}

/** The streams, and the journal that follows every change of them. */
export class Streams {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #waiting = new Set<() => void>();
  readonly now: () => number;

  constructor(store: Store, journal: Journal, now: () => number) {
    this.#store = store;
    this.#journal = journal;
    this.now = now;
  }

  all(): readonly Stream[] {
    return this.#store.all();
  }

  has(name: string): boolean {
    return this.#store.get(name) !== undefined;
  }

  /** The stream as it is now: what has outlived retention is gone. Throws ResourceNotFoundException. */
  named(name: string): Stream {
    const stream = this.#store.get(name);
    if (!stream) {
      throw new ServiceError('ResourceNotFoundException', `Stream ${name} under account ${LOCAL_ACCOUNT} not found.`);
    }
    stream.trim(this.now());
    return stream;
  }

  byArn(arn: string): Stream {
    const [, name, consumer] = ARN_PATTERN.exec(arn) ?? [];
    if (name === undefined || consumer !== undefined) throw invalidArgument(`${arn} is no stream's ARN`);
    return this.named(name);
  }

  find({ StreamName: name, StreamARN: arn }: StreamReference): Stream {
    const stream = arn === undefined ? undefined : this.byArn(arn);
    if (name === undefined) {
      if (stream) return stream;
      throw invalidArgument('Either StreamName or StreamARN must be given.');
    }
    if (stream && stream.name !== name) throw invalidArgument(`StreamARN ${arn} is not that of the stream ${name}`);
    return this.named(name);
  }

  /** Throws ResourceNotFoundException. */
  consumer(arn: string): { readonly stream: Stream; readonly consumer: Consumer } {
    const [, name = ''] = ARN_PATTERN.exec(arn) ?? [];
    const stream = this.named(name);
    const consumer = stream.settings.consumers.find((each) => consumerArn(stream, each) === arn);
    if (consumer) return { stream, consumer };
    throw new ServiceError('ResourceNotFoundException', `Consumer ${arn} under account ${LOCAL_ACCOUNT} not found.`);
  }

  /** What an event source mapping reads: a stream, or a consumer of one. */
  source(arn: string): { readonly stream: Stream; readonly consumer?: string } {
    return arn.includes('/consumer/')
      ? { stream: this.consumer(arn).stream, consumer: arn }
      : { stream: this.byArn(arn) };
  }

  change(change: Change): void {
    this.#store.apply(change);
    this.#journal.change(change);
    this.#wake();
  }

  configure(stream: Stream, settings: Partial<StreamSettings>): void {
    this.change({ type: 'configure', name: stream.name, settings: { ...stream.settings, ...settings } });
  }

  /** The records are in the journal before anyone can read them. */
  append(stream: Stream, placed: readonly Placed[]): readonly StreamRecord[] {
    this.#journal.records(stream.name, placed);
    const records = stream.append(placed);
    this.#wake();
    return records;
  }

  /** Resolves when something has happened to a stream, after `ms` at the latest, or when the signal aborts. */
  changed(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  close(): void {
    this.#wake();
    this.#journal.close();
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
