import type { Entry } from '../../core/engine/entry.ts';
import type { ShardState } from '../../core/engine/shard-state.ts';
import type { Inspector } from './inspector.ts';
import type { Mapping } from './mapping.ts';
import type { Operator } from './operator.ts';
import type { Expected, Row, Taken } from './oracle.ts';
import type { Scenario } from './scenario.ts';
import type { Services } from './services.ts';
import { holds, type SimShard, type SimStream } from './stream.ts';
import type { Put } from './workload.ts';

/** All that a run leaves behind. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly services: Services;
  readonly stream: SimStream;
  readonly inspector: Inspector;
  readonly mapping: Mapping;
  readonly expected: Expected;
  readonly operator: Operator;
  /** In the order in which the producer put it. */
  readonly workload: readonly Put[];
}

type Found = Readonly<Record<string, unknown>>;

/** Tables whose rows a state had a part in: they leave after the commit only, so a copy is the same to the last letter. */
const DERIVED = new Set(['counts', 'thirds']);
const TABLES = ['orders', 'counts', 'thirds', 'large_items', 'visits'] as const;

/** What is wrong with the outcome of a run, as sentences; none when all is right. */
export async function faultsOf(outcome: Outcome): Promise<readonly string[]> {
  const { services, expected, scenario, inspector } = outcome;
  const { through, behind, faults } = fatesOf(expected, await parkedIds(inspector), scenario);
  const found = new Map([...TABLES, 'quarantine'].map((table) => [table, rowsOf(services, table)] as const));
  return [
    ...faults,
    ...TABLES.flatMap((table) =>
      tableFaults(table, found.get(table) ?? [], rowsOfTable(through, table), rowsOfTable(behind, table)),
    ),
    ...quarantineFaults(found.get('quarantine') ?? [], expected.quarantined),
    ...(scenario.weather === 'storm' ? [] : TABLES.flatMap((table) => copies(table, found.get(table) ?? [], outcome))),
    ...services.dynamodb.misuses,
    ...new Set(outcome.mapping.errors),
    ...producerFaults(outcome),
    ...sealFaults(outcome),
    ...budgetFaults(outcome),
    ...(await logFaults(outcome)),
    ...(scenario.weather === 'still' ? costFaults(outcome) : []),
  ];
}

const rowsOf = (services: Services, table: string): readonly Found[] =>
  (services.firehose.rows.get(table) ?? []).map((row) => JSON.parse(row));

/** Ids of the parked events, by partition key, in order. */
async function parkedIds(inspector: Inspector): Promise<ReadonlyMap<string, readonly string[]>> {
  const parked = [...(await inspector.parkedRecords())];
  const identity = ({ source, id }: { source: string; id: string }) => `${source} ${id}`;
  return new Map(parked.map(([key, records]) => [key, records.map(({ data }) => identity(JSON.parse(String(data))))]));
}

const sourceOf = ({ user }: Taken): string => (user.is === 'order' ? '/shop' : '/site');
const identityOf = (event: Taken): string => `${sourceOf(event)} ${event.user.id}`;

interface Fates {
  /** Events whose rows must be there. */
  readonly through: readonly Taken[];
  /** Parked events that no step throws on. */
  readonly behind: readonly Taken[];
  readonly faults: readonly string[];
}

/** What was to be taken through, of each partition key: all events, or all before those that are parked. Parked is the
 *  first event that a step throws on and all behind it; when the steps are mended, none.
 *  Strays, which an aggregate brought to a shard that is not the key's, have no order with the others. */
function fatesOf({ taken }: Expected, parked: ReadonlyMap<string, readonly string[]>, { isFixed }: Scenario): Fates {
  const through: Taken[] = [];
  const behind: Taken[] = [];
  const faults: string[] = [];
  for (const key of parked.keys()) if (!taken.has(key)) faults.push(`parked of ${show(key)}: something unknown`);
  for (const [key, events] of taken) {
    const found = parked.get(key) ?? [];
    const placed = events.filter(({ record }) => holds(record.shard, key));
    const strays = events.filter(({ record }) => !holds(record.shard, key));
    const first = isFixed ? -1 : placed.findIndex(isFaulty);
    // A stray that is parked parks the key when its shard is merged with the key's own.
    const earlier = strays.some(isFaulty) ? placed.findIndex((event) => found.includes(identityOf(event))) : -1;
    const cut = earlier >= 0 ? earlier : first >= 0 ? first : placed.length;
    const waiting = placed.slice(cut);
    const lost = strays.filter((event) => !isFixed && isFaulty(event) && !found.includes(identityOf(event)));
    const [own, others] = [waiting, strays].map((each) => each.map(identityOf));
    if (String(found.filter((id) => !others?.includes(id))) !== String(own)) {
      faults.push(`parked of ${show(key)}: [${found}] instead of [${own}]`);
    }
    faults.push(...lost.map((event) => `parked of ${show(key)}: the stray ${identityOf(event)} is missing`));
    const isParked = (event: Taken) => found.includes(identityOf(event));
    through.push(...placed.slice(0, cut), ...strays.filter((event) => !isParked(event) && !lost.includes(event)));
    behind.push(...[...waiting, ...strays.filter(isParked)].filter((event) => !isFaulty(event)));
    if (isFixed && found.length > 0) faults.push(`parked of ${show(key)}: [${found}], though all is mended`);
  }
  return { through, behind, faults };
}

const isFaulty = ({ user }: Taken): boolean => (user.is === 'order' ? user.order.fault !== '' : user.visit.faulty);
const show = (text: string): string => text.slice(-12);

interface Place {
  readonly row: Row;
  readonly event: Taken;
}

function rowsOfTable(through: readonly Taken[], table: string): ReadonlyMap<string, Place> {
  const rows = through.flatMap((event) => event.rows.map((row) => ({ row, event })));
  return new Map(rows.filter(({ row }) => row.table === table).map((place) => [place.row.id, place]));
}

/** A writer that does not know yet that a key is parked delivers `early` rows before it loses the slot; never those that a
 *  state has a part in. */
function tableFaults(
  table: string,
  found: readonly Found[],
  expected: ReadonlyMap<string, Place>,
  early: ReadonlyMap<string, Place>,
): readonly string[] {
  const isEarly = (id: string) => early.has(id) && !DERIVED.has(table);
  const shown = view(found);
  return [
    ...sameSet(table, new Set([...shown.keys()].filter((id) => !isEarly(id))), new Set(expected.keys())),
    ...oneContent(table, found),
    ...[...shown].flatMap(([id, row]) => {
      const place = expected.get(id);
      if (place) return contentFaults(table, row, { ...originOf(place), ...place.row.columns });
      return isEarly(id) ? contentFaults(table, row, early.get(id)?.row.columns ?? {}) : [];
    }),
  ];
}

/** What the table's view shows: of each id the copy of the lowest sequence number. */
function view(rows: readonly Found[]): ReadonlyMap<string, Found> {
  const shown = new Map<string, Found>();
  for (const row of rows) {
    const other = shown.get(String(row.event_id));
    if (!other || sequence(row) < sequence(other)) shown.set(String(row.event_id), row);
  }
  return shown;
}

const sequence = (row: Found): bigint => BigInt(String(row.sequence_number));

const originOf = ({ event }: Place): Found => ({
  event_source: sourceOf(event),
  shard_id: event.record.shard.id,
  sequence_number: event.record.sequenceNumber,
});

function contentFaults(table: string, row: Found, expected: Found): readonly string[] {
  const id = row.event_id;
  return Object.entries(expected).flatMap(([name, value]) =>
    name === 'at' || JSON.stringify(row[name]) === JSON.stringify(value)
      ? []
      : [`${table}: ${id} has ${name} ${show(String(row[name]))} instead of ${show(String(value))}`],
  );
}

/** One id has one content: copies are allowed, other versions are not. Where a copy of an event's own row came from may
 *  differ, since a writer whose memory is behind delivers a producer's retry before it loses the slot. */
function oneContent(table: string, rows: readonly Found[]): readonly string[] {
  const contents = new Map<string, string>();
  return rows.flatMap((row) => {
    const { sequence_number, shard_id, ...rest } = row;
    const id = String(row.event_id);
    const content = JSON.stringify(DERIVED.has(table) ? row : rest);
    const first = contents.get(id) ?? content;
    contents.set(id, first);
    return first === content ? [] : [`${table}: ${id} has two contents`];
  });
}

function quarantineFaults(rows: readonly Found[], expected: ReadonlyMap<string, string>): readonly string[] {
  const found = new Map(rows.map((row) => [String(row.event_id), row]));
  return [
    ...sameSet('quarantine', new Set(found.keys()), new Set(expected.keys())),
    ...oneContent('quarantine', rows),
    ...[...found].flatMap(([id, { reason }]) =>
      (expected.get(id) ?? reason) === reason
        ? []
        : [`quarantine: …${show(id)} for '${reason}', not '${expected.get(id)}'`],
    ),
  ];
}

/** Where nothing fails, no record's row comes twice; where each shard has one environment as well, no event's. Not so what
 *  an environment cannot know: whether the newest rows that a state had a part in were delivered, when it begins cold;
 *  that a key was parked, a part of an aggregate committed or a budget used up, when its state is behind. */
function copies(table: string, rows: readonly Found[], { scenario, expected }: Outcome): readonly string[] {
  const { weather, isFixed, isFlooded, on } = scenario;
  const isStill = weather === 'still';
  const isColdOnce = isStill && !isFixed && !on.has('reshards') && !on.has('slow-traffic');
  if (DERIVED.has(table) ? !isColdOnce : isFlooded && !isStill) return [];
  const sound = [...expected.taken.values()].filter((events) => !events.some(isFaulty)).flat();
  const alone = sound.filter(({ isAlone }) => isAlone).flatMap((event) => event.rows);
  const known = new Set(alone.filter((row) => row.table === table).map(({ id }) => id));
  const ids = rows
    .filter((row) => isStill || known.has(String(row.event_id)))
    .map(({ event_id, sequence_number }) => (isStill ? event_id : `${event_id} ${sequence_number}`));
  return new Set(ids).size === ids.length ? [] : [`${table}: copies, though nothing failed`];
}

function sameSet(what: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): readonly string[] {
  const missing = [...expected].filter((each) => !found.has(each));
  const extra = [...found].filter((each) => !expected.has(each));
  return [
    ...missing.map((each) => `${what}: ${show(each)} is missing`),
    ...extra.map((each) => `${what}: ${show(each)} should not be there`),
  ];
}

async function logFaults(outcome: Outcome): Promise<readonly string[]> {
  const { stream, inspector } = outcome;
  const faults: string[] = [];
  const keys: string[] = [];
  for (const shard of stream.shards) {
    const entries = inspector.entriesOf(shard);
    faults.push(...entryFaults(shard, entries));
    keys.push(...entries.slice(1).flatMap((entry) => entry.keys.map(({ key }) => key)));
    const state = await inspector.read(shard.id);
    if (state) faults.push(...stateFaults(shard, state, outcome));
    else if (shard.records.length > 0) faults.push(`${shard.id} has records and no log`);
  }
  if (new Set(keys).size !== keys.length) faults.push('an event is in two entries of the log');
  const events = [...outcome.expected.taken.values()].reduce((sum, { length }) => sum + length, 0);
  if (new Set(keys).size !== events) faults.push(`the log has ${new Set(keys).size} events of ${events}`);
  return faults;
}

/** Slots follow each other, positions rise, and nothing is behind the seal. */
function entryFaults({ id, records }: SimShard, entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry, index) => {
    const { slot, details } = entry;
    const before = entries[index - 1];
    const faults: string[] = [];
    if (slot !== index) faults.push(`slot ${slot} stands in place ${index}`);
    if (before?.details.sealed) faults.push(`slot ${slot} is behind the seal`);
    if (before && !details.sealed && !(number(entry) >= number(before))) faults.push(`slot ${slot} goes back`);
    if (details.sealed && records.length > 0 && number(entry) !== BigInt(records.at(-1)?.sequenceNumber ?? 0)) {
      faults.push(`the seal in slot ${slot} stands before the shard's end`);
    }
    return faults.map((fault) => `${id}: ${fault}`);
  });
}

const number = ({ position }: Entry): bigint => BigInt(position?.sequenceNumber ?? 0);

/** A cold start sees what the entries say one by one, and that is what the events say. */
function stateFaults(shard: SimShard, state: ShardState, { inspector, expected, scenario }: Outcome) {
  const folded = inspector.foldOf(shard);
  const faults: string[] = [];
  const [cold, whole] = [plain(state), plain(folded)];
  if (cold !== whole) faults.push(`a cold start sees ${cold}, the log's entries say ${whole}`);
  if (shard.isClosed) return faults.map((fault) => `${shard.id}: ${fault}`);
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
    for (const { user, rows } of events) {
      if (user.is !== 'order') continue;
      const trail = rows.find(({ table }) => table === 'counts')?.columns.trail;
      if (user.order.leaves) expected.delete(user.order.customer);
      else expected.set(user.order.customer, Number(trail));
    }
  }
  const found = (state.snapshotEntry().details.states ?? []).filter(([step]) => step === 'count');
  const tales = found
    .map(([, customer, tale]) => `${show(customer)} ${(tale as { state: { trail: number } }).state.trail}`)
    .sort();
  const wanted = [...expected].map(([customer, trail]) => `${show(customer)} ${trail}`).sort();
  return String(tales) === String(wanted) ? [] : [`keeps the tales of [${tales}] instead of [${wanted}]`];
}

/** Every record was accepted, and those of a partition key first in the order in which they were put. */
function producerFaults({ workload, stream }: Outcome): readonly string[] {
  const places = new Map<Uint8Array, number>();
  for (const [place, { data }] of stream.accepted.entries()) if (!places.has(data)) places.set(data, place);
  const latest = new Map<string, number>();
  return workload.flatMap(({ partitionKey, data }, index) => {
    if (workload.findIndex((put) => put.data === data) < index) return []; // put again
    const place = places.get(data);
    if (place === undefined) return [`put ${index} was not accepted`];
    const isLate = place < (latest.get(partitionKey) ?? -1);
    latest.set(partitionKey, place);
    return isLate ? [`put ${index} has overtaken another of its key`] : [];
  });
}

/** A shard whose child has begun is sealed. */
function sealFaults({ stream, inspector }: Outcome): readonly string[] {
  const begun = stream.shards.filter((shard) => inspector.entriesOf(shard).length > 0);
  const parents = new Set(begun.flatMap((shard) => shard.parents));
  const open = [...parents].filter((shard) => !inspector.entriesOf(shard).at(-1)?.details.sealed);
  return open.map(({ id }) => `${id} is not sealed, though a child has begun`);
}

/** Records on which a step may throw in a shard, whatever their share, before it stops. */
const PARKED_AT_MOST = 20;

function budgetFaults({ operator: { parkedAtFix }, scenario }: Outcome): readonly string[] {
  return scenario.isFlooded && parkedAtFix > PARKED_AT_MOST ? [`${parkedAtFix} keys are parked, and it goes on`] : [];
}

/** Services that are read to begin with, and never while an environment is warm. */
const READS = new Set(['Query', 'GetItem', 'ListShards', 'GetShardIterator', 'GetRecords']);
/** Bytes that an event may add to the log, at a row of each table and a state, and what a batch takes by itself. */
const UNITS = { batch: 1, event: 0.25 };

/** Where nothing fails, a batch is one write, and nothing is read by who is warm. */
function costFaults({ mapping, services, expected, scenario }: Outcome): readonly string[] {
  const warm = mapping.invocations.filter(({ isWarm }) => isWarm);
  const isReading = scenario.pace !== 'days' && warm.some(({ calls }) => calls.some((call) => READS.has(call)));
  const puts = warm.map(({ calls }) => calls.filter((call) => call === 'PutItem').length);
  const events = [...expected.taken.values()].reduce((sum, { length }) => sum + length, 0);
  const writes = services.dynamodb.writes;
  const allowed = writes * UNITS.batch + events * UNITS.event;
  return [
    ...(isReading ? ['a warm environment reads'] : []),
    ...(Math.max(0, ...puts) > 1 ? [`a batch takes ${Math.max(...puts)} writes`] : []),
    ...(services.dynamodb.writeUnits > allowed
      ? [`${services.dynamodb.writeUnits} write units for ${writes} writes and ${events} events; at most ${allowed}`]
      : []),
  ];
}
