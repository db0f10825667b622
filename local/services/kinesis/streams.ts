import { LOCAL_ACCOUNT } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { StreamRecord } from '../kinesis-reader.ts';
import type { Journal } from './journal.ts';
import type { Change, Store } from './store.ts';
import type { Placed, Stream } from './stream.ts';

/** How a call names its stream. */
export interface StreamReference {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

const ARN_PATTERN = /^arn:aws[\w-]*:kinesis:[^:]*:\d{12}:stream\/([\w.-]{1,128})$/;

/** The streams, and the journal that follows every change of them. */
export class Streams {
  readonly #store: Store;
  readonly #journal: Journal;
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
    const name = ARN_PATTERN.exec(arn)?.[1];
    if (name === undefined) throw new ServiceError('InvalidArgumentException', `${arn} is no stream's ARN`);
    return this.named(name);
  }

  find({ StreamName: name, StreamARN: arn }: StreamReference): Stream {
    if (typeof arn === 'string') return this.byArn(arn);
    if (typeof name === 'string') return this.named(name);
    throw new ServiceError('InvalidArgumentException', 'Either StreamName or StreamARN must be given.');
  }

  change(change: Change): void {
    this.#store.apply(change);
    this.#journal.change(change);
  }

  /** The records are in the journal before anyone can read them. */
  append(stream: Stream, placed: readonly Placed[]): readonly StreamRecord[] {
    this.#journal.records(stream.name, placed);
    return stream.append(placed);
  }

  close(): void {
    this.#journal.close();
  }
}
