import { GROUPED_TABLES } from './grouped.ts';
import { JOINED_TABLES } from './joined.ts';
import type { Services } from './services.ts';
import { TIMED_TABLES } from './timed.ts';

/** A row of the lake. */
export type Found = Readonly<Record<string, unknown>>;

/** Tables whose rows a state had a part in: they leave after the commit only, so a copy is the same to the last letter. */
export const DERIVED: ReadonlySet<string> = new Set([
  'counts',
  'thirds',
  ...TIMED_TABLES,
  ...GROUPED_TABLES,
  ...JOINED_TABLES,
]);

export const rowsOf = (services: Services, table: string): readonly Found[] =>
  (services.firehose.rows.get(table) ?? []).map((row) => JSON.parse(row));

/** A table's rows are the expected ones, by id, and all copies of a row are alike. */
export function rowFaults(
  table: string,
  found: readonly Found[],
  expected: ReadonlyMap<string, Found>,
): readonly string[] {
  const shown = view(found);
  return [
    ...sameSet(table, new Set(shown.keys()), new Set(expected.keys())),
    ...oneContent(table, found),
    ...[...shown].flatMap(([id, row]) => contentFaults(table, row, expected.get(id) ?? {})),
  ];
}

/** What the table's view shows: of each id the copy of the lowest sequence number. */
export function view(rows: readonly Found[]): ReadonlyMap<string, Found> {
  const shown = new Map<string, Found>();
  for (const row of rows) {
    const other = shown.get(String(row.event_id));
    if (!other || sequence(row) < sequence(other)) shown.set(String(row.event_id), row);
  }
  return shown;
}

const sequence = (row: Found): bigint => BigInt(String(row.sequence_number));

export function contentFaults(table: string, row: Found, expected: Found): readonly string[] {
  const id = row.event_id;
  return Object.entries(expected).flatMap(([name, value]) =>
    name === 'at' || JSON.stringify(row[name]) === JSON.stringify(value)
      ? []
      : [`${table}: ${id} has ${name} ${show(String(row[name]))} instead of ${show(String(value))}`],
  );
}

/** One id has one content: copies are allowed, other versions are not. Where a copy of an event's own row came from may
 *  differ, since a writer whose memory is behind delivers a producer's retry before it loses the slot. */
export function oneContent(table: string, rows: readonly Found[]): readonly string[] {
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

export function sameSet(what: string, found: ReadonlySet<string>, expected: ReadonlySet<string>): readonly string[] {
  const missing = [...expected].filter((each) => !found.has(each));
  const extra = [...found].filter((each) => !expected.has(each));
  return [
    ...missing.map((each) => `${what}: ${show(each)} is missing`),
    ...extra.map((each) => `${what}: ${show(each)} should not be there`),
  ];
}

export const show = (text: string): string => text.slice(-40);
