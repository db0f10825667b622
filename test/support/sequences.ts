import * as z from 'zod';
import { heartbeatRecord } from '../../core/event/control.ts';
import { event } from '../../core/event/index.ts';
import { from, hours, lake, minutes, pipeline, type SequenceOptions } from '../../core/pipeline/index.ts';
import type { Pattern } from '../../core/pipeline/patterns/pattern.ts';
import { distinct } from './counting.ts';
import { engineInMemory, recordAt } from './engine.ts';
import type { NaiveItem, NaiveStep } from './naive-sequence.ts';

export const START = Date.parse('2026-11-21T10:00:00Z');
export const OUT_OF_ORDERNESS = 5;

const schema = z.object({ key: z.string(), at: z.iso.datetime(), id: z.string(), kind: z.string(), value: z.number() });
export const Tick = event('tick', { version: 1, key: 'key', time: 'at', schema });
export type Tick = z.output<typeof schema>;

/** Steps from a line such as `a >bc{1,} !d ~e{2}?-^`: the kinds that a step takes; `>` for strict and `~` for any
 *  contiguity, `!` for what must not come, `?` for optional, `-` for not greedy, `^` for rising values. A step is named by
 *  its kinds, the second of the same ones with `2` behind it. */
export function stepsOf(line: string): readonly NaiveStep[] {
  const seen = new Map<string, number>();
  return line.split(' ').map((text) => {
    const parts = /^([>~]?)(!?)([a-z]+)(?:\{(\d+)(,?)(\d*)\})?(\??)(-?)(\^?)$/.exec(text);
    if (!parts) throw new TypeError(`step '${text}'`);
    const [, contiguity, not, kinds = '', min, comma, max, optional, lazy, rises] = parts;
    const nth = (seen.get(kinds) ?? 0) + 1;
    seen.set(kinds, nth);
    const upTo = max ? Number(max) : comma ? Number.POSITIVE_INFINITY : Number(min);
    return {
      name: nth === 1 ? kinds : `${kinds}${nth}`,
      kinds,
      isNot: not === '!',
      rises: rises === '^',
      optional: optional === '?',
      lazy: lazy === '-',
      contiguity: contiguity === '>' ? 'strict' : contiguity === '~' ? 'any' : 'relaxed',
      ...(min && { times: [Number(min), upTo] as const }),
    };
  });
}

type AnyPattern = Pattern<Tick, Record<string, 'list or none'>>;

/** The steps as a user would write them. */
export function patternOf(
  steps: readonly NaiveStep[],
): SequenceOptions<Tick, Record<string, 'list or none'>>['pattern'] {
  return (empty) =>
    steps.reduce<AnyPattern>((pattern, { name, kinds, rises, times, optional, lazy, contiguity, isNot }) => {
      const where = ({ kind }: Tick) => kinds.includes(kind);
      const given = ({ value }: Tick, matched: object) =>
        (Object.values(matched) as (Tick | undefined | readonly Tick[])[])
          .flatMap((each) => each ?? [])
          .every((each) => (each as Tick).value <= value);
      const condition = { where, ...(rises && { given }) };
      if (isNot) return pattern.not(name, condition);
      const [min, max = 1] = times ?? [];
      const amount = min === undefined ? {} : { times: max === Infinity ? { min } : min === max ? min : { min, max } };
      const how = { ...amount, ...(optional && { optional }), ...(lazy && { greedy: false }) };
      const own = contiguity === 'relaxed' ? {} : { contiguity }; // the default
      return pattern.take(name, { ...condition, ...how, ...own }) as AnyPattern;
    }, empty as AnyPattern);
}

/** A match's items by the names of the steps, as the naive matcher tells them. */
export const tellItems = (items: Readonly<Record<string, unknown>>): string =>
  Object.entries(items)
    .map(([name, found]) => [name, [found ?? []].flat().map((each) => (each as Tick).id)] as const)
    .filter(([, ids]) => ids.length > 0)
    .map(([name, ids]) => `${name}(${ids.join(' ')})`)
    .join(' ');

/** A pipeline that tells of each output what the naive matcher tells. */
export function planOf(options: SequenceOptions<Tick, Record<string, 'list or none'>>) {
  const { matched, timedOut, late } = from(Tick).sequence('seq', options);
  const told = z.object({ key: z.string(), start: z.string(), end: z.string(), items: z.string() });
  const tell = ({
    key,
    start,
    end,
    ...items
  }: {
    key: string;
    start: string;
    end: string;
    [name: string]: unknown;
  }) => ({
    key,
    start,
    end,
    items: tellItems(items),
  });
  return pipeline(
    'sequences',
    [
      matched.map('tell-matched', tell).to(lake('matched', { schema: told })),
      timedOut.map('tell-timed-out', tell).to(lake('timed_out', { schema: told })),
      late.to(lake('late')),
    ],
    { outOfOrderness: minutes(OUT_OF_ORDERNESS) },
  );
}

/** Items from words such as `a0`, `b2.5=7` or `b2'`: kind, minute, value; the word is the id. */
export const itemsOf = (words: string): readonly NaiveItem[] =>
  words.split(' ').flatMap((id) => {
    const [, kind, minute, value = '0'] = /^([a-z])([\d.]+)'?(?:=(-?[\d.e+]+))?$/.exec(id) ?? [];
    return kind === undefined ? [] : [{ id, kind, minute: Number(minute), value: Number(value) }];
  });

/** The items as a sequence has them in turn. */
export const inTurn = (items: readonly NaiveItem[]): readonly NaiveItem[] =>
  [...items].sort((a, b) => a.minute - b.minute || (a.id < b.id ? -1 : 1));

export const tickAt = (n: number, key: string, { id, kind, minute, value }: NaiveItem) => {
  const at = new Date(START + minutes(minute)).toISOString();
  const data = { key, at, id, kind, value };
  return recordAt(n, { specversion: '1.0', id, source: `/${n % 2}`, type: 'tick', data }, START + n, key);
};

/** Brings event time past everything. */
export const timePasses = (n: number) => recordAt(n, heartbeatRecord(`h${n}`), START + hours(1_000), `h${n}`);

export interface Cuts {
  /** Sizes of the batches, in turn; one batch if there is none. */
  readonly sizes?: readonly number[];
  /** Whether an execution environment begins anew before a batch. */
  readonly isCold?: (batch: number) => boolean;
}

/** What a pipeline tells of each key's items once time has passed. */
export async function toldOf(
  plan: ReturnType<typeof planOf>,
  items: readonly (readonly [key: string, item: NaiveItem])[],
  { sizes = [], isCold = () => false }: Cuts = {},
) {
  const { run, restart, state, lake: tables } = engineInMemory(plan);
  const records = items.map(([key, item], n) => tickAt(n + 1, key, item));
  records.push(timePasses(records.length + 1));
  let from = 0;
  for (let batch = 0; from < records.length; batch += 1) {
    if (isCold(batch)) restart();
    const size = sizes[batch % sizes.length] ?? records.length;
    const { stopped, parked } = await run(records.slice(from, from + size));
    if (stopped || parked) throw new Error(stopped ?? `${parked} parked`);
    from += size;
  }
  const minuteOf = (time: unknown) => (Date.parse(String(time)) - START) / minutes(1);
  const tell = (as: string, key: string) => (row: Record<string, unknown>) =>
    row.key === key ? [`${as} ${row.items} @${minuteOf(row.event_time)}`] : [];
  return {
    /** In the order of their event time; of one time as they came out. */
    of: (key: string) => {
      const rows = [
        ...distinct(tables.rows('matched')).flatMap(tell('matched', key)),
        ...distinct(tables.rows('timed_out')).flatMap(tell('timedOut', key)),
      ];
      return rows.sort(byMinute);
    },
    late: (key: string) => distinct(tables.rows('late')).flatMap(({ key: of, id }) => (of === key ? [id] : [])),
    rows: tables.rows,
    state,
  };
}

const minuteIn = (told: string) => Number(told.slice(told.lastIndexOf('@') + 1));

/** Matches before what timed out, each in the order of time. */
export const byMinute = (a: string, b: string) =>
  (a < b && a[0] !== b[0] ? -1 : a[0] !== b[0] ? 1 : 0) || minuteIn(a) - minuteIn(b);
