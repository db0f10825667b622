import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ShardPosition } from '../services/kinesis-reader.ts';
import type { OpenWindow } from './tumbling.ts';

/** How far a shard has been processed. */
export interface Checkpoint {
  readonly position: ShardPosition;
  /** The tumbling window that was open there. */
  readonly window?: OpenWindow | undefined;
}

/** How far each shard of a mapping has been processed. */
export interface Checkpoints {
  /** Empty for a mapping that has never run. */
  all(): ReadonlyMap<string, Checkpoint>;
  save(shardId: string, checkpoint: Checkpoint): void;
  forget(shardId: string): void;
  /** Forgets all of them: the mapping is gone. */
  discard(): void;
}

function load(path: string): Record<string, Checkpoint> {
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`The checkpoints in ${path} cannot be read: delete the file to begin at StartingPosition`, {
      cause,
    });
  }
}

/** Keeps the checkpoints of one mapping in `<directory>/<uuid>.json`, or in memory only when there is no directory.
 *  A file is replaced as a whole: a crash leaves the old or the new one. */
export function openCheckpoints(directory: string | undefined, uuid: string): Checkpoints {
  const path = directory && join(directory, `${uuid}.json`);
  const checkpoints = new Map(Object.entries(path ? load(path) : {}));
  const write = () => {
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(checkpoints)));
    renameSync(`${path}.new`, path);
  };
  return {
    all: () => checkpoints,
    save(shardId, checkpoint) {
      checkpoints.set(shardId, checkpoint);
      write();
    },
    forget(shardId) {
      if (checkpoints.delete(shardId)) write();
    },
    discard() {
      checkpoints.clear();
      if (path) rmSync(path, { force: true });
    },
  };
}
