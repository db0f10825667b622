import type { ObjectStore } from '../../core/ports.ts';

/** An object store in memory; addresses are `memory:<name>`. */
export interface MemoryObjectStore extends ObjectStore {
  /** By name. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

export function memoryObjectStore(): MemoryObjectStore {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    async put(name, bytes) {
      objects.set(name, Uint8Array.from(bytes));
      return `memory:${name}`;
    },
    get: async (name) => objects.get(name),
  };
}
