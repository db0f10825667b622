import type { Entry } from '../../core/engine/entry.ts';
import type { ShardState } from '../../core/engine/shard-state.ts';
import { PASSING_GROUPED } from './grouped.ts';
import { PASSING_JOINED } from './joined.ts';
import type { Expected } from './oracle.ts';
import type { PartOutcome } from './outcome.ts';
import { show } from './rows.ts';
import type { Scenario } from './scenario.ts';
import { holds, type SimRecord, type SimShard } from './stream.ts';
import { PASSING } from './timed.ts';

/** What is wrong with the logs of a part. */
export async function logFaults(part: PartOutcome, scenario: Scenario): Promise<readonly string[]> {
  const { stream, inspector, mapping, hop } = part;
  const faults: string[] = [];
  const keys: string[] = [];
  for (const shard of stream.shards) {
    const entries = inspector.entriesOf(shard);
    faults.push(...entryFaults(shard, entries, mapping.skipped), ...inheritedFaults(shard, entries));
    keys.push(...entries.slice(1).flatMap((entry) => entry.keys.map(({ key }) => key)));
    const state = await inspector.read(shard.id);
    if (state) faults.push(...stateFaults(shard, state, part, scenario));
    else if (shard.records.some((record) => !mapping.skipped.has(record)))
      faults.push(`${shard.id} has records and no log`);
  }
  if (new Set(keys).size !== keys.length) faults.push('an event is in two entries of the log');
  // What comes over a hop is known by its place in the log before it.
  const events = hop > 0 ? 0 : [...part.expected.taken.values()].reduce((sum, { length }) => sum + length, 0);
  if (new Set(keys).size !== events) faults.push(`the log has ${new Set(keys).size} events of ${events}`);
  return [...faults, ...sealFaults(part)].map((fault) => (hop > 0 ? `behind the hop: ${fault}` : fault));
}

/** An id that both parents had is inherited once. */
function inheritedFaults({ id }: SimShard, [first]: readonly Entry[]): readonly string[] {
  const keys = (first?.keys ?? []).map(({ key, arrivalMs }) => `${key}${arrivalMs}`);
  return new Set(keys).size < keys.length ? [`${id}: begins with an id twice`] : [];
}

/** Slots follow each other, positions rise, and nothing is behind the seal. */
function entryFaults(
  { id, records }: SimShard,
  entries: readonly Entry[],
  skipped: ReadonlySet<SimRecord>,
): readonly string[] {
  return entries.flatMap((entry, index) => {
    const { slot, details } = entry;
    const before = entries[index - 1];
    const faults: string[] = [];
    if (slot !== index) faults.push(`slot ${slot} stands in place ${index}`);
    if (before?.details.sealed) faults.push(`slot ${slot} is behind the seal`);
    if (before && !details.sealed && !(number(entry) >= number(before))) faults.push(`slot ${slot} goes back`);
    const last = records.at(-1);
    if (details.sealed && last && !skipped.has(last) && number(entry) !== BigInt(last.sequenceNumber)) {
      faults.push(`the seal in slot ${slot} stands before the shard's end`);
    }
    return faults.map((fault) => `${id}: ${fault}`);
  });
}

const number = ({ position }: Entry): bigint => BigInt(position?.sequenceNumber ?? 0);

/** A cold start sees what the entries say one by one, and that is what the events say. */
function stateFaults(shard: SimShard, state: ShardState, { inspector, expected }: PartOutcome, scenario: Scenario) {
  const folded = inspector.foldOf(shard);
  const faults: string[] = [];
  const [cold, whole] = [plain(state), plain(folded)];
  if (cold !== whole) faults.push(`a cold start sees ${cold}, the log's entries say ${whole}`);
  if (shard.isClosed) return faults.map((fault) => `${shard.id}: ${fault}`);
  faults.push(...passingFaults(state));
  if (scenario.isFixed) faults.push(...taleFaults(shard, state, expected));
  return faults.map((fault) => `${shard.id}: ${fault}`);
}

/** All that a state holds, but where its snapshot is, in an order of its own. */
function plain(state: ShardState): string {
  const { keys, details, ...rest } = state.snapshotEntry();
  const { states = [], parked = [], failures = [], snapshot: _, ...more } = details;
  const sorted = [states, parked, failures].map((each) => each.map((part) => JSON.stringify(part)).sort());
  const hex = keys.map(({ key, arrivalMs }) => `${Buffer.from(key, 'latin1').toString('hex')}@${arrivalMs}`);
  return JSON.stringify({ ...rest, ...more, hex, sorted });
}

/** The shard holds the tales of its own customers and of nobody else. */
function taleFaults(shard: SimShard, state: ShardState, { taken }: Expected): readonly string[] {
  const expected = new Map<string, number>();
  for (const [key, events] of taken) {
    if (!holds(shard, key)) continue;
    for (const { order, rows } of events) {
      if (!order) continue;
      const trail = rows.find(({ table }) => table === 'counts')?.columns.trail;
      if (order.leaves) expected.delete(order.customer);
      else expected.set(order.customer, Number(trail));
    }
  }
  const found = (state.snapshotEntry().details.states ?? []).filter(([step]) => step === 'count');
  const tales = found
    .map(([, customer, tale]) => `${show(customer)} ${(tale as { state: { trail: number } }).state.trail}`)
    .sort();
  const wanted = [...expected].map(([customer, trail]) => `${show(customer)} ${trail}`).sort();
  return String(tales) === String(wanted) ? [] : [`keeps the tales of [${tales}] instead of [${wanted}]`];
}

const PASSES: ReadonlySet<string> = new Set([...PASSING, ...PASSING_GROUPED, ...PASSING_JOINED]);

/** What closes, expires or waits for its turn is gone when time has passed. */
function passingFaults(state: ShardState): readonly string[] {
  const { states = [] } = state.snapshotEntry().details;
  const left = states.filter(([step]) => PASSES.has(step));
  return left.map(([step, key]) => `step '${step}' still keeps something of ${show(key)}`);
}

/** A shard whose child has begun is sealed. */
function sealFaults({ stream, inspector }: PartOutcome): readonly string[] {
  const begun = stream.shards.filter((shard) => inspector.entriesOf(shard).length > 0);
  const parents = new Set(begun.flatMap((shard) => shard.parents));
  const open = [...parents].filter((shard) => !inspector.entriesOf(shard).at(-1)?.details.sealed);
  return open.map(({ id }) => `${id} is not sealed, though a child has begun`);
}
