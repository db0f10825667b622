import { MAX_EVENTS_PER_COMMIT } from '../../core/engine/step.ts';
import { groupedFaults } from './check-grouped.ts';
import { joinedFaults } from './check-joined.ts';
import { logFaults } from './check-logs.ts';
import { reachedFaults } from './check-reached.ts';
import { timedFaults } from './check-timed.ts';
import { type Fates, fatesOf, parkedIds } from './fates.ts';
import { GROUPED_TABLES } from './grouped.ts';
import { JOINED_TABLES } from './joined.ts';
import type { Row, Taken } from './oracle.ts';
import type { Outcome, PartOutcome } from './outcome.ts';
import { TABLES } from './plan.ts';
import { contentFaults, DERIVED, type Found, oneContent, rowsOf, sameSet, show, view } from './rows.ts';
import { TIMED_TABLES } from './timed.ts';

/** What is wrong with the outcome of a run, as sentences; none when all is right. */
export async function faultsOf(outcome: Outcome): Promise<readonly string[]> {
  const { services, scenario, parts } = outcome;
  const fates = await Promise.all(
    parts.map(async ({ expected, inspector }) => fatesOf(expected, await parkedIds(inspector), scenario)),
  );
  const through = fates.flatMap((each) => each.through);
  const behind = fates.flatMap((each) => each.behind);
  const early = [...behind.flatMap((event) => event.rows), ...parts.flatMap(({ expected }) => expected.dropped)];
  const mayBeThere = (table: string) => new Map(early.filter((row) => row.table === table).map((row) => [row.id, row]));
  const found = new Map([...TABLES, 'quarantine'].map((table) => [table, rowsOf(services, table)] as const));
  return [
    ...fates.flatMap((each) => each.faults),
    ...TABLES.filter((table) => !JUDGED_APART.has(table)).flatMap((table) =>
      tableFaults(table, found.get(table) ?? [], rowsOfTable(through, table), mayBeThere(table)),
    ),
    ...ofKind(outcome, fates),
    ...(scenario.kind === 'timed' || scenario.kind === 'joined'
      ? await reachedFaults(parts[0], fates[0]?.through ?? [], services)
      : []),
    ...quarantineFaults(found.get('quarantine') ?? [], parts[0].expected.quarantined),
    ...(scenario.weather === 'storm' ? [] : TABLES.flatMap((table) => copies(table, found.get(table) ?? [], outcome))),
    ...services.dynamodb.misuses,
    ...new Set(parts.flatMap(({ mapping }) => mapping.errors)),
    ...producerFaults(outcome),
    ...budgetFaults(outcome),
    ...(await Promise.all(parts.map((part) => logFaults(part, scenario)))).flat(),
    ...(scenario.weather === 'still' ? costFaults(outcome) : []),
  ];
}

/** Tables of what waits for event time: what is in them does not follow from the event alone. */
const JUDGED_APART = new Set<string>([
  ...TIMED_TABLES.filter((table) => table !== 'nths'),
  ...GROUPED_TABLES,
  ...JOINED_TABLES,
]);

/** What is wrong with what the scenario's kind of pipeline has. */
function ofKind(outcome: Outcome, fates: readonly Fates[]): readonly string[] {
  const { parts, services, scenario } = outcome;
  const [first, second] = parts;
  const [before, behind = before] = fates as [Fates, Fates?];
  switch (scenario.kind) {
    case 'plain':
      return [];
    case 'timed':
      return timedFaults(first.expected, before.through, outcome);
    case 'hopped':
      return [...timedFaults((second as PartOutcome).expected, behind.through, outcome), ...hopFaults(outcome, fates)];
    case 'grouped':
      return groupedFaults(first.expected, before.through, services);
    case 'joined':
      return joinedFaults(first.expected, before.through, services);
    case 'joined-behind':
      return [
        ...joinedFaults((second as PartOutcome).expected, behind.through, services),
        ...hopFaults(outcome, fates),
      ];
  }
}

/** What an event brings over the hop is there, each once, and that of one partition key in its order. */
function hopFaults({ parts }: Outcome, fates: readonly Fates[]): readonly string[] {
  const [, part] = parts;
  if (!part) return [];
  const items = [...part.expected.taken.values()].flat();
  const sent = new Set(items.map(({ id }) => id));
  const before = fates[0]?.through ?? [];
  const due = before.flatMap(({ lines, partitionKey: from }) => lines.map(({ id, key }) => ({ id, key, from })));
  const places = new Map(items.map(({ id }, place) => [id, place]));
  const latest = new Map<string, number>();
  const overtaken = due.filter(({ id, key, from }) => {
    const way = `${from} ${key}`;
    const place = places.get(id) ?? -1;
    const isLate = place < (latest.get(way) ?? -1);
    latest.set(way, place);
    return isLate;
  });
  return [
    ...sameSet('behind the hop', sent, new Set(due.map(({ id }) => id))),
    ...overtaken.map(({ id }) => `behind the hop: ${id} has been overtaken by another of its key`),
  ];
}

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
  early: ReadonlyMap<string, Row>,
): readonly string[] {
  const isEarly = (id: string) => early.has(id) && !expected.has(id) && !DERIVED.has(table);
  const shown = view(found);
  return [
    ...sameSet(table, new Set([...shown.keys()].filter((id) => !isEarly(id))), new Set(expected.keys())),
    ...oneContent(table, found),
    ...[...shown].flatMap(([id, row]) => {
      const place = expected.get(id);
      if (place) return contentFaults(table, row, { ...(early.has(id) ? {} : originOf(place)), ...place.row.columns });
      return isEarly(id) ? contentFaults(table, row, early.get(id)?.columns ?? {}) : [];
    }),
  ];
}

const originOf = ({ event }: Place): Found => ({
  event_source: event.source,
  shard_id: event.record.shard.id,
  sequence_number: event.record.sequenceNumber,
});

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

/** Whether limits have been made so tight that a few rows fill a commit. */
const IS_TIGHT = MAX_EVENTS_PER_COMMIT < 100;

/** Where nothing fails, no record's row comes twice; where each shard has one environment as well, no event's. Not so what
 *  an environment cannot know: whether the newest rows that a state had a part in were delivered, when it begins cold;
 *  that a key was parked, a part of an aggregate committed, a budget used up or the commit filled by keys that are due, when
 *  its state is behind. */
function copies(table: string, rows: readonly Found[], { scenario, parts }: Outcome): readonly string[] {
  const { weather, isFixed, isFlooded, on, kind } = scenario;
  const isStill = weather === 'still';
  const isColdOnce = isStill && !isFixed && !on.has('reshards') && !on.has('slow-traffic');
  const mayStop = isFlooded || kind !== 'plain' || IS_TIGHT;
  if (DERIVED.has(table) ? !isColdOnce : mayStop && !isStill) return [];
  const keys = parts.flatMap(({ expected }) => [...expected.taken.values()]);
  const sound = keys.filter((events) => !events.some(({ isFaulty }) => isFaulty)).flat();
  const alone = sound.filter(({ isAlone }) => isAlone).flatMap((event) => event.rows);
  const known = new Set(alone.filter((row) => row.table === table).map(({ id }) => id));
  const ids = rows
    .filter((row) => isStill || known.has(String(row.event_id)))
    .map(({ event_id, sequence_number }) => (isStill ? event_id : `${event_id} ${sequence_number}`));
  return new Set(ids).size === ids.length ? [] : [`${table}: copies, though nothing failed`];
}

/** Every record was accepted, and those of a partition key first in the order in which they were put. */
function producerFaults({ workload, parts: [{ stream }] }: Outcome): readonly string[] {
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

/** Records on which a step may throw in a shard, whatever their share, before it stops. */
const PARKED_AT_MOST = 20;

function budgetFaults({ operator: { parkedAtFix }, scenario }: Outcome): readonly string[] {
  return scenario.isFlooded && parkedAtFix > PARKED_AT_MOST ? [`${parkedAtFix} keys are parked, and it goes on`] : [];
}

/** Services that are read to begin with, and never while an environment is warm. */
const READS = new Set(['Query', 'GetItem', 'ListShards', 'GetShardIterator', 'GetRecords']);
/** What an event may add to the log, in write units: with a row of each table and a state, or with all that goes by event
 *  time; and what a batch takes by itself. */
const UNITS = { batch: 1, plain: 0.25, timed: 0.4, hopped: 0.4, grouped: 0.4, joined: 0.4, 'joined-behind': 0.4 };

/** Where nothing fails, a batch is one write, or two when it tells people something, and nothing is read by who is warm. */
function costFaults({ parts, services, scenario }: Outcome): readonly string[] {
  const warm = parts.flatMap(({ mapping }) => mapping.invocations.filter(({ isWarm }) => isWarm));
  const isReading = scenario.pace !== 'days' && warm.some(({ calls }) => calls.some((call) => READS.has(call)));
  const puts = warm.map(
    ({ calls }) => calls.filter((call) => call === 'PutItem').length - Number(calls.includes('PublishBatch')),
  );
  const events = parts.reduce((sum, { expected }) => sum + [...expected.taken.values()].flat().length, 0);
  const writes = services.dynamodb.writes;
  const allowed = writes * UNITS.batch + events * UNITS[scenario.kind];
  return [
    ...(isReading ? ['a warm environment reads'] : []),
    ...(Math.max(0, ...puts) > 1 ? [`a batch takes ${Math.max(...puts)} writes`] : []),
    ...(services.dynamodb.writeUnits > allowed
      ? [`${services.dynamodb.writeUnits} write units for ${writes} writes and ${events} events; at most ${allowed}`]
      : []),
  ];
}
