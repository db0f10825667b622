import type { Tree } from './rewrite.ts';

/** The kind of node that stands for a time as clocks in a zone show it. */
export const LOCAL = 'local_time';

/** Functions whose result depends on what clocks show, and has no zone. */
const OF_CLOCKS = new Set(
  `year quarter month week week_of_year year_of_week yow day day_of_month day_of_week dow day_of_year doy hour minute second
  millisecond date date_format format_datetime`
    .split(/\s+/)
    .map((name) => `trino_${name}`),
);
const CLOCK_TYPES = new Set(['date', 'timestamp', 'time']);

const unwrapped = (tree: Tree): Tree => (tree?.paren ? unwrapped(tree.paren.this) : tree);
const isText = (tree: Tree): boolean => tree?.literal?.literal_type === 'string';

/** What clocks in its zone show at a time that has one; undefined for a time that has none of its own. */
function localTime(tree: Tree): Tree | undefined {
  const { at_time_zone: at, function: called } = unwrapped(tree) ?? {};
  if (at && isText(at.zone)) return { [LOCAL]: { this: at.this, zone: at.zone } };
  const [first, second] = called?.args ?? [];
  if (called?.name === 'at_timezone' && isText(second)) return { [LOCAL]: { this: first, zone: second } };
  if (called?.name === 'with_timezone' && isText(second)) return first;
  if (called?.name !== 'trino_date_trunc') return undefined;
  const truncated = localTime(second);
  return truncated && { function: { ...called, args: [first, truncated] } };
}

/** A node over a time with a zone as one over what clocks in that zone show, where that is all it depends on. */
export function inItsZone(kind: string, data: Tree): Tree | undefined {
  if (kind === 'function' && OF_CLOCKS.has(data.name)) {
    const [first, ...rest] = data.args;
    const local = localTime(first);
    return local && { function: { ...data, args: [local, ...rest] } };
  }
  if (kind === 'extract' || ((kind === 'cast' || kind === 'try_cast') && isClockType(data.to))) {
    const local = localTime(data.this);
    return local && { [kind]: { ...data, this: local } };
  }
  return undefined;
}

const isClockType = ({ data_type, timezone }: Tree): boolean => CLOCK_TYPES.has(data_type) && !timezone;
