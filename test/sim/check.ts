import { decodeBody, type Entry } from '../../core/engine/entry.ts';
import type { Services } from './services.ts';
import type { Weather } from './simulate.ts';
import type { Workload } from './workload.ts';

type Row = Readonly<Record<string, unknown>>;

/** What is wrong with the outcome of a run, as sentences; none when all is right. */
export function faultsOf(
  services: Services,
  { expected, items, poison }: Workload,
  weather: Weather,
): readonly string[] {
  const rows = (table: string): Row[] => (services.rows.get(table) ?? []).map((row) => JSON.parse(row));
  const quarantined = rows('quarantine');
  const orders = view(rows('orders'));
  return [
    ...['orders', 'large_items', 'quarantine'].flatMap((table) => oneContent(table, rows(table))),
    ...sameSet('orders', new Set(orders.keys()), new Set(expected.keys())),
    ...sameSet('large_items', new Set(rows('large_items').map((row) => String(row.event_id))), items),
    ...sameSet('quarantine', new Set(quarantined.map((row) => String(row.sequence_number))), poison),
    ...[...orders].flatMap(([id, { sequence_number: from }]) =>
      expected.get(id) === from ? [] : [`${id} came from …${String(from).slice(-4)}, not from its first record`],
    ),
    ...(weather === 'storm' ? [] : copies(rows('orders'), weather)),
    ...services.misuses,
    ...logFaults([...services.logs.values()].flatMap(entriesOf), expected.size),
  ];
}

/** What the table's view shows: of each id the copy of the lowest sequence number. */
function view(rows: readonly Row[]): ReadonlyMap<string, Row> {
  const shown = new Map<string, Row>();
  for (const row of rows) {
    const other = shown.get(String(row.event_id));
    if (!other || sequence(row) < sequence(other)) shown.set(String(row.event_id), row);
  }
  return shown;
}

const sequence = (row: Row): bigint => BigInt(String(row.sequence_number));

/** One id has one content: copies are allowed, other versions are not. Where a copy came from may differ, since a writer
 *  whose memory is behind delivers a producer's retry before it loses the slot. */
function oneContent(table: string, rows: readonly Row[]): readonly string[] {
  const contents = new Map<string, string>();
  return rows.flatMap(({ sequence_number: _, ...row }) => {
    const id = String(row.event_id);
    const content = JSON.stringify(row);
    const first = contents.get(id) ?? content;
    contents.set(id, first);
    return first === content ? [] : [`${table}: ${id} has two contents`];
  });
}

/** Where nothing fails, no record's row comes twice; where there is one environment as well, no event's. */
function copies(rows: readonly Row[], weather: Weather): readonly string[] {
  const ids = rows.map(({ event_id, sequence_number }) =>
    weather === 'still' ? event_id : `${event_id} ${sequence_number}`,
  );
  return new Set(ids).size === ids.length ? [] : ['orders: copies, though nothing failed'];
}

function sameSet(what: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): readonly string[] {
  const missing = [...expected].filter((each) => !found.has(each));
  const extra = [...found].filter((each) => !expected.has(each));
  return [
    ...missing.map((each) => `${what}: ${each.slice(-6)} is missing`),
    ...extra.map((each) => `${what}: ${each.slice(-6)} should not be there`),
  ];
}

function entriesOf(log: Services['logs'] extends Map<string, infer Log> ? Log : never): Entry[] {
  return [...log]
    .map(([slot, item]) => decodeBody(slot, item.token?.S ?? '', item.body?.B ?? new Uint8Array()))
    .sort((a, b) => a.slot - b.slot);
}

/** Slots follow each other, positions rise, and each event is taken in by one entry. */
function logFaults(entries: readonly Entry[], events: number): readonly string[] {
  const keys = entries.flatMap((entry) => entry.keys);
  return [
    ...entries.flatMap(({ slot }, index) => (slot === index + 1 ? [] : [`slot ${slot} stands in place ${index + 1}`])),
    ...entries.flatMap(({ slot, position }, index) => {
      const before = entries[index - 1]?.position.sequenceNumber ?? '0';
      return BigInt(position.sequenceNumber) > BigInt(before) ? [] : [`slot ${slot} goes back`];
    }),
    ...(new Set(keys).size === keys.length ? [] : ['an event is in two entries of the log']),
    ...(new Set(keys).size === events ? [] : [`the log has ${new Set(keys).size} events of ${events}`]),
  ];
}
