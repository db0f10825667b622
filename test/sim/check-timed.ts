import type { Expected, Line, Taken } from './oracle.ts';
import type { Outcome } from './outcome.ts';
import { type Found, rowFaults, rowsOf, sameSet, show, view } from './rows.ts';
import { BRIEF_MS, GAP_MS, GRACE_MS, nextTrail, WINDOW_MS } from './timed.ts';

/** What is wrong with what comes of the steps that go by event time, when all time has passed: as somebody sees it who
 *  has all lines before him, and takes the steps' word for which of them came late. Only those that may be late. */
export function timedFaults(expected: Expected, through: readonly Taken[], outcome: Outcome): readonly string[] {
  const lines = heldUp(expected, through);
  const rows = (table: string) => rowsOf(outcome.services, table);
  const inTime = (table: string, step: string, takenUntilMs: (timeMs: number) => number) =>
    withoutLate(table, rows(table), step, lines, takenUntilMs);
  const windows = inTime('late_windows', 'window', (timeMs) => startOf(timeMs) + WINDOW_MS + GRACE_MS - 1);
  const sessions = inTime('late_sessions', 'session', (timeMs) => timeMs + GAP_MS);
  const sorted = inTime('late_sorted', 'sorted', (timeMs) => timeMs);
  const expectedWindows = windowsOf(windows.inTime);
  return [
    ...[windows, sessions, sorted].flatMap(({ faults }) => faults),
    ...rowFaults('windows', rows('windows'), expectedWindows),
    ...sessionFaults(rows('sessions'), sessions.inTime),
    ...rowFaults('trails', rows('trails'), trailsOf(sorted.inTime)),
    ...silenceFaults(rows('silences'), lines),
    ...briefFaults(rows('briefs'), lines),
    ...alertFaults(expectedWindows, outcome),
    ...viewFaults(lines, outcome),
  ];
}

/** The lines, those of keys that were parked without a bound: they may be as late as can be. */
export function heldUp({ taken }: Expected, through: readonly Taken[]): readonly Line[] {
  const keys = new Set([...taken].filter(([, events]) => events.some(({ isFaulty }) => isFaulty)).map(([key]) => key));
  return through.flatMap(({ lines, partitionKey }) =>
    lines.map((line) => (keys.has(partitionKey) ? { ...line, boundMs: Number.POSITIVE_INFINITY } : line)),
  );
}

export const mayBeLate = ({ timeMs, boundMs }: Line): boolean => timeMs < boundMs;

/** In the order of event time. */
export const byTime = (a: Line, b: Line): number => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1);

export const byKey = (lines: readonly Line[]) => Map.groupBy(lines, ({ key }) => key);
export const numbersOf = (lines: readonly Line[]): readonly number[] =>
  [...lines].sort(byTime).map(({ number }) => number);
const startOf = (timeMs: number): number => Math.floor(timeMs / WINDOW_MS) * WINDOW_MS;
export const iso = (ms: number): string => new Date(ms).toISOString();

/** The lines but those that a step says came late: behind the last time at which it takes them. */
export function withoutLate(
  table: string,
  rows: readonly Found[],
  step: string,
  lines: readonly Line[],
  takenUntilMs: (timeMs: number) => number,
) {
  const byId = new Map(lines.map((line) => [`${line.id}/${step}.0`, line]));
  const late = [...view(rows).keys()];
  const faults = late.filter((id) => {
    const { timeMs, boundMs } = byId.get(id) ?? NEVER;
    return takenUntilMs(timeMs) >= boundMs;
  });
  return {
    inTime: lines.filter(({ id }) => !late.includes(`${id}/${step}.0`)),
    faults: faults.map((id) => `${table}: ${show(id)} was not late`),
  };
}

const NEVER: Line = { id: '', key: '', number: 0, timeMs: 0, boundMs: 0 };

function windowsOf(lines: readonly Line[]): ReadonlyMap<string, Found> {
  const rows = [...byKey(lines)].flatMap(([key, ofKey]) =>
    [...Map.groupBy(ofKey, ({ timeMs }) => startOf(timeMs))].map(([startMs, inside]): [string, Found] => {
      const endMs = startMs + WINDOW_MS;
      const row = { key, start: iso(startMs), end: iso(endMs), numbers: numbersOf(inside) };
      return [`window/${endMs + GRACE_MS}/${key}.0`, row];
    }),
  );
  return new Map(rows);
}

/** Sessions of keys that have no line which may be late; those of others hold each line once, and leave no gap. */
function sessionFaults(found: readonly Found[], lines: readonly Line[]): readonly string[] {
  const vague = new Set(lines.filter(mayBeLate).map(({ key }) => key));
  const isVague = (row: Found) => vague.has(String(row.key));
  const exact = lines.filter(({ key }) => !vague.has(key));
  return [
    ...rowFaults(
      'sessions',
      found.filter((row) => !isVague(row)),
      sessionsOf(exact),
    ),
    ...looseFaults(
      [...view(found).values()].filter(isVague),
      lines.filter(({ key }) => vague.has(key)),
    ),
  ];
}

function sessionsOf(lines: readonly Line[]): ReadonlyMap<string, Found> {
  const rows = [...byKey(lines)].flatMap(([key, ofKey]) =>
    togetherIn(ofKey).map((session): [string, Found] => {
      const endMs = (session.at(-1) as Line).timeMs + GAP_MS;
      const row = { key, start: iso(session[0]?.timeMs ?? 0), end: iso(endMs), numbers: numbersOf(session) };
      return [`session/${endMs + 1}/${key}.0`, row]; // open for the millisecond in which what meets the gap may come
    }),
  );
  return new Map(rows);
}

/** A key's lines cut where there is a gap. */
function togetherIn(lines: readonly Line[]): readonly (readonly Line[])[] {
  const sessions: Line[][] = [];
  for (const line of [...lines].sort(byTime)) {
    const last = sessions.at(-1)?.at(-1);
    if (last && line.timeMs - last.timeMs <= GAP_MS) sessions.at(-1)?.push(line);
    else sessions.push([line]);
  }
  return sessions;
}

function looseFaults(rows: readonly Found[], lines: readonly Line[]): readonly string[] {
  const byNumber = new Map(lines.map((line) => [line.number, line]));
  const shapes = rows.flatMap(({ event_id, start, end, numbers }) => {
    const inside = (numbers as number[]).flatMap((number) => byNumber.get(number) ?? []);
    const [session = [], ...more] = togetherIn(inside);
    const isWhole =
      more.length === 0 &&
      iso(session[0]?.timeMs ?? 0) === start &&
      iso((session.at(-1)?.timeMs ?? 0) + GAP_MS) === end;
    return isWhole ? [] : [`sessions: ${show(String(event_id))} is not the session of its items`];
  });
  return [...shapes, ...onceEach('sessions', rows, lines)];
}

/** The rows have each line's number once. */
function onceEach(table: string, rows: readonly Found[], lines: readonly Line[]): readonly string[] {
  const ascending = (numbers: readonly number[]) => String([...numbers].sort((a, b) => a - b));
  const found = ascending(rows.flatMap(({ numbers }) => numbers as number[]));
  const expected = ascending(lines.map(({ number }) => number));
  return found === expected ? [] : [`${table}: have [${found}] instead of [${expected}]`];
}

function trailsOf(lines: readonly Line[]): ReadonlyMap<string, Found> {
  const rows = new Map<string, Found>();
  for (const ofKey of byKey(lines).values()) {
    let trail = 0;
    for (const { id, number } of [...ofKey].sort(byTime)) {
      trail = nextTrail(trail, number);
      rows.set(`${id}/sorted.0/trail.0`, { number, trail });
    }
  }
  return rows;
}

const silenceFaults = (rows: readonly Found[], lines: readonly Line[]): readonly string[] =>
  onceEach('silences', [...view(rows).values()], lines);

/** A key is forgotten only when event time can have come so far. */
function briefFaults(rows: readonly Found[], lines: readonly Line[]): readonly string[] {
  const shown = view(rows);
  const faults = [...byKey(lines).values()].flatMap((ofKey) => {
    let before: { readonly n: number; readonly timeMs: number } = { n: 0, timeMs: 0 };
    return ofKey.flatMap(({ id, timeMs, boundMs }) => {
      const n = Number(shown.get(`${id}/brief.0`)?.n);
      const isRight = n === before.n + 1 || (n === 1 && boundMs >= before.timeMs + BRIEF_MS);
      const wrong = isRight ? [] : [`briefs: ${id} is number ${n} behind ${before.n}`];
      before = { n, timeMs };
      return wrong;
    });
  });
  return [...sameSet('briefs', new Set(shown.keys()), new Set(lines.map(({ id }) => `${id}/brief.0`))), ...faults];
}

/** Each window of several lines is told of, always in the same words; once, where nothing fails. */
function alertFaults(windows: ReadonlyMap<string, Found>, { services, scenario }: Outcome): readonly string[] {
  const { told } = services.sns;
  const due = [...windows].filter(([, { numbers }]) => (numbers as number[]).length > 1);
  const words = new Map(due.map(([id, { key, numbers }]) => [id, `${key}: ${(numbers as number[]).join(' ')}`]));
  const wrong = told.filter(({ id, key, text }) => words.has(id) && words.get(id) !== `${key}: ${text}`);
  const ids = told.map(({ source, alert, id }) => `${source} ${alert} ${id}`);
  return [
    ...sameSet('alerts', new Set(told.map(({ id }) => id)), new Set(words.keys())),
    ...wrong.map(({ id, text }) => `alert ${show(id)}: '${text}' instead of '${words.get(id)}'`),
    ...(new Set(ids).size === words.size ? [] : ['an alert is told under two names']),
    ...(scenario.weather !== 'storm' && new Set(ids).size < ids.length ? ['an alert is told again'] : []),
  ];
}

/** The view has how many lines each key had. */
function viewFaults(lines: readonly Line[], { services }: Outcome): readonly string[] {
  const rows = [...(services.views.tables.get('newest') ?? [])].map(([key, { row }]) => `${key}: ${row?.M?.n?.N}`);
  const expected = [...byKey(lines)].map(([key, { length }]) => `${key}: ${length}`);
  return sameSet('view', new Set(rows), new Set(expected));
}
