import type { CommitLog, LogItem } from '../../core/ports.ts';

/** A commit log in memory. */
export function memoryCommitLog(): CommitLog {
  const shards = new Map<string, LogItem[]>();
  const itemsOf = (shardId: string) => shards.get(shardId) ?? [];

  async function* newest(shardId: string): AsyncGenerator<LogItem> {
    yield* [...itemsOf(shardId)].sort((a, b) => b.slot - a.slot);
  }

  async function append(shardId: string, item: LogItem): Promise<'committed' | 'taken'> {
    const found = itemsOf(shardId).find(({ slot }) => slot === item.slot);
    if (found) return found.token === item.token ? 'committed' : 'taken';
    shards.set(shardId, [...itemsOf(shardId), { ...item, body: Uint8Array.from(item.body) }]);
    return 'committed';
  }

  return { newest, append };
}
