import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ShardPosition } from '../services/kinesis-reader.ts';

/** How far each shard has been processed. */
export interface Checkpoints {
  /** Undefined for a mapping that has never run. */
  positions(): ReadonlyMap<string, ShardPosition>;
  save(shardId: string, position: ShardPosition): void;
  forget(shardId: string): void;
}

type Positions = Record<string, ShardPosition>;

function load(path: string): Positions {
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
  const positions = new Map(Object.entries(path ? load(path) : {}));
  const write = () => {
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(positions)));
    renameSync(`${path}.new`, path);
  };
  return {
    positions: () => positions,
    save(shardId, position) {
      positions.set(shardId, position);
      write();
    },
    forget(shardId) {
      if (positions.delete(shardId)) write();
    },
  };
}
