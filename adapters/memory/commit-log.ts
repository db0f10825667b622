import type { CommitLog, LogItem } from '../../core/ports.ts';

/** A commit log in memory. */
export function memoryCommitLog(): CommitLog {
  const shards = new Map<string, Map<number, LogItem>>();

  async function* newest(shardId: string, limit?: number): AsyncGenerator<LogItem> {
    const items = [...(shards.get(shardId)?.values() ?? [])].sort((a, b) => b.slot - a.slot);
    yield* items.slice(0, limit);
  }

  async function append(shardId: string, item: LogItem): Promise<'committed' | 'taken'> {
    const items = shards.get(shardId) ?? new Map<number, LogItem>();
    shards.set(shardId, items);
    const found = items.get(item.slot);
    if (found) return found.token === item.token ? 'committed' : 'taken';
    items.set(item.slot, { ...item, body: Uint8Array.from(item.body) });
    return 'committed';
  }

  return { newest, append };
}
