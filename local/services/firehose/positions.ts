import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ShardPosition } from '../kinesis-reader.ts';

/** How far each shard of a source has been read. */
export interface Positions {
  readonly of: ReadonlyMap<string, ShardPosition>;
  save(shardId: string, position: ShardPosition): void;
  forget(shardId: string): void;
}

function load(path: string): Record<string, ShardPosition> {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${path} cannot be read: delete it to begin at LATEST`, { cause: error });
  }
}

/** Keeps them in a file of the directory, or in memory only when there is none. The file is replaced as a whole. */
export function openPositions(directory: string | undefined): Positions {
  const path = directory && join(directory, 'positions.json');
  const of = new Map(Object.entries(path ? load(path) : {}));
  const write = () => {
    if (!path) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(of)));
    renameSync(`${path}.new`, path);
  };
  return {
    of,
    save(shardId, position) {
      of.set(shardId, position);
      write();
    },
    forget(shardId) {
      if (of.delete(shardId)) write();
    },
  };
}
