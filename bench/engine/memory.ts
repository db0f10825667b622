import * as z from 'zod';
import { createEvent, event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { engineOf } from './engine.ts';
import { BATCH_RECORDS, lambdaEvents, type Put } from './lambda-events.ts';

/** What keys of state take. */
export interface Memory {
  readonly keys: number;
  /** What the engine counts for them: see `MAX_SHARD_STATE_CHARS`. */
  readonly chars: number;
  /** Of the process's heap and buffers, after a full collection, less what there was before the first event. */
  readonly bytes: number;
}

const Seen = event('bench.seen', {
  version: 1,
  key: 'device',
  time: 'at',
  schema: z.object({ device: z.string(), at: z.iso.datetime() }),
});

/** Counts each device's events, and forgets it thirty days after its last. */
const counts = pipeline('counts', [
  from(Seen)
    .process('count', { init: () => ({ n: 0 }), on: ({ n }) => ({ state: { n: n + 1 }, emit: [{ n: n + 1 }] }) })
    .to(lake('counts', { schema: z.object({ n: z.int() }) })),
]);

const FIRST_MS = Date.parse('2026-01-01T00:00:00Z');

/** Gives each of so many keys a state, by one event. Needs node's `--expose-gc`. */
export async function measureMemory(keys: number): Promise<Memory> {
  const engine = engineOf(counts, [counts]);
  const before = heldBytes();
  for (let from = 0; from < keys; from += BATCH_RECORDS) {
    const puts = Array.from({ length: Math.min(BATCH_RECORDS, keys - from) }, (_, n) => put(from + n));
    for (const batch of lambdaEvents(puts, from)) await engine.take(batch);
  }
  const bytes = heldBytes() - before;
  const [state] = await engine.states();
  return { keys, chars: state?.stateChars ?? 0, bytes };
}

function put(n: number): Put {
  const device = `d${String(n).padStart(8, '0')}`;
  const arrivalMs = FIRST_MS + n;
  const data = { device, at: new Date(arrivalMs).toISOString() };
  const made = createEvent(Seen, { id: String(n), source: '/bench', data });
  return { partitionKey: device, arrivalMs, data: Buffer.from(JSON.stringify(made)) };
}

function heldBytes(): number {
  if (!globalThis.gc) throw new Error('memory is measured with --expose-gc only');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
