import type { StreamRecord } from '../kinesis-reader.ts';
import type { StreamSettings } from './settings.ts';
import { type Placed, Stream, type StreamState } from './stream.ts';

/** What can happen to streams, records apart. Applied in the same order, changes and records give the same streams. */
export type Change =
  | {
      readonly type: 'create';
      readonly name: string;
      readonly shardCount: number;
      readonly settings: StreamSettings;
      readonly atMs: number;
    }
  | { readonly type: 'restore'; readonly state: StreamState }
  | { readonly type: 'delete'; readonly name: string }
  | { readonly type: 'configure'; readonly name: string; readonly settings: StreamSettings }
  | {
      readonly type: 'split';
      readonly name: string;
      readonly shardId: string;
      readonly newStart: string;
      readonly atMs: number;
    }
  | {
      readonly type: 'merge';
      readonly name: string;
      readonly shardId: string;
      readonly adjacentShardId: string;
      readonly atMs: number;
    }
  | { readonly type: 'scale'; readonly name: string; readonly shardCount: number; readonly atMs: number };

/** All streams, by name. */
export class Store {
  readonly #streams = new Map<string, Stream>();

  get(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** By name. */
  all(): Stream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws a ServiceError, and changes nothing, when a reshard is not possible. */
  apply(change: Change): void {
    if (change.type === 'create') {
      const stream = Stream.create(change.name, change.shardCount, change.settings, change.atMs);
      this.#streams.set(change.name, stream);
    } else if (change.type === 'restore') this.#streams.set(change.state.name, new Stream(change.state));
    else if (change.type === 'delete') this.#streams.delete(change.name);
    else if (change.type === 'configure') this.#existing(change.name).settings = change.settings;
    else if (change.type === 'split') this.#existing(change.name).split(change.shardId, change.newStart, change.atMs);
    else if (change.type === 'scale') this.#existing(change.name).scale(change.shardCount, change.atMs);
    else this.#existing(change.name).merge(change.shardId, change.adjacentShardId, change.atMs);
  }

  append(name: string, placed: readonly Placed[]): StreamRecord[] {
    return this.#existing(name).append(placed);
  }

  #existing(name: string): Stream {
    const stream = this.#streams.get(name);
    if (!stream) throw new Error(`there is no stream ${name}`);
    return stream;
  }
}
