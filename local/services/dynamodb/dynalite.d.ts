declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** Directory of the LevelDB store; without it tables live in memory. */
    readonly path?: string;
    /** How long a table stays CREATING, DELETING or UPDATING, in ms. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  export default function dynalite(options: DynaliteOptions): Server;
}

declare module 'dynalite/db/index.js' {
  interface DynaliteDb {
    /** Size of an item in bytes, attribute names included. */
    itemSize(item: Readonly<Record<string, unknown>>): number;
  }

  const db: DynaliteDb;
  export default db;
}
