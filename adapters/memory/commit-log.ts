import { decodeBody, type Entry, encodeBody } from '../../core/engine/entry.ts';
import type { CommitLog } from '../../core/ports.ts';

/** A commit log in memory that keeps entries as bytes, as a service would. */
export function memoryCommitLog(): CommitLog {
  const shards = new Map<string, { readonly slot: number; readonly token: string; readonly body: Uint8Array }[]>();
  const slotsOf = (shardId: string) => shards.get(shardId) ?? [];

  async function* newest(shardId: string): AsyncGenerator<Entry> {
    const slots = [...slotsOf(shardId)].sort((a, b) => b.slot - a.slot);
    for (const { slot, token, body } of slots) yield decodeBody(slot, token, body);
  }

  async function append(shardId: string, entry: Entry): Promise<'committed' | 'taken'> {
    const found = slotsOf(shardId).find(({ slot }) => slot === entry.slot);
    if (found) return found.token === entry.token ? 'committed' : 'taken';
    shards.set(shardId, [...slotsOf(shardId), { slot: entry.slot, token: entry.token, body: encodeBody(entry) }]);
    return 'committed';
  }

  return { newest, append };
}
