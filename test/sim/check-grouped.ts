import { heldUp, numbersOf, withoutLate } from './check-timed.ts';
import { EARLY_GRACE_MS, EARLY_MS, TENS_MS, tenOf, wayOf } from './grouped.ts';
import type { Expected, Line, Taken } from './oracle.ts';
import { type Found, rowFaults, rowsOf, sameSet, show, view } from './rows.ts';
import type { Services } from './services.ts';
import { nextTrail } from './timed.ts';

/** A window that has closed before the hop. */
interface Closed {
  readonly id: string;
  readonly key: string;
  readonly endMs: number;
  readonly numbers: readonly number[];
  /** Whether a line of it may have come late, and it may have closed late with it. */
  readonly isVague: boolean;
}

/** What is wrong with what came over the hop in groups, when all time has passed. */
export function groupedFaults(expected: Expected, through: readonly Taken[], services: Services): readonly string[] {
  const lines = heldUp(expected, through);
  const rows = (table: string) => rowsOf(services, table);
  const takenUntilMs = (timeMs: number) => startOf(timeMs, EARLY_MS) + EARLY_MS + EARLY_GRACE_MS - 1;
  const early = withoutLate('late_earlies', rows('late_earlies'), 'early', lines, takenUntilMs);
  const closed = closedOf(early.inTime);
  const earlies = closed.map(({ id, key, numbers }): [string, Found] => [id, { key, numbers }]);
  return [
    ...early.faults,
    ...rowFaults('earlies', rows('earlies'), new Map(earlies)),
    ...turnFaults(rows('turns'), rows('late_turns'), closed),
    ...tenFaults([...view(rows('tens')).values()], lines),
  ];
}

const startOf = (timeMs: number, sizeMs: number): number => Math.floor(timeMs / sizeMs) * sizeMs;

const NEVER: Closed = { id: '', key: '', endMs: Number.POSITIVE_INFINITY, numbers: [], isVague: false };

function closedOf(lines: readonly Line[]): readonly Closed[] {
  const endOf = ({ timeMs }: Line) => startOf(timeMs, EARLY_MS) + EARLY_MS;
  return [...Map.groupBy(lines, ({ key }) => key)].flatMap(([key, ofKey]) =>
    [...Map.groupBy(ofKey, endOf)].map(([endMs, inside]) => ({
      id: `early/${endMs + EARLY_GRACE_MS}/${key}.0`,
      key,
      endMs,
      numbers: numbersOf(inside),
      isVague: inside.some(({ boundMs }) => boundMs === Number.POSITIVE_INFINITY),
    })),
  );
}

/** The closed windows have their turns in the order of event time, but those that are late behind the hop. */
function turnFaults(turns: readonly Found[], late: readonly Found[], closed: readonly Closed[]): readonly string[] {
  const byId = new Map(closed.map((each) => [`${each.id}/in-turn.0`, each]));
  const lateIds = new Set(view(late).keys());
  const wrong = [...lateIds].filter((id) => !(byId.get(id) ?? NEVER).isVague);
  const inTurn = [...closed].sort((a, b) => a.endMs - b.endMs || (a.id < b.id ? -1 : 1));
  const trails = new Map<string, number>();
  const rows = inTurn.flatMap(({ id, key, numbers }): [string, Found][] => {
    if (lateIds.has(`${id}/in-turn.0`)) return [];
    const way = wayOf(numbers);
    const trail = nextTrail(trails.get(way) ?? 0, numbers[0] ?? 0);
    trails.set(way, trail);
    return [[`${id}/in-turn.0/turn.0`, { key, trail }]];
  });
  return [
    ...wrong.map((id) => `late_turns: ${show(id)} was not late before the hop`),
    ...rowFaults('turns', turns, new Map(rows)),
  ];
}

/** The windows behind the hop have each line once that was in time, and perhaps others that were not. */
function tenFaults(rows: readonly Found[], lines: readonly Line[]): readonly string[] {
  const named = (ten: unknown, start: unknown, number: number) => `${ten} ${start} ${number}`;
  const found = rows.flatMap(({ key, start, numbers }) => (numbers as number[]).map((each) => named(key, start, each)));
  const nameOf = ({ number, timeMs }: Line) =>
    named(tenOf(number), new Date(startOf(timeMs, TENS_MS)).toISOString(), number);
  const isInTime = ({ timeMs, boundMs }: Line) => startOf(timeMs, TENS_MS) + TENS_MS > boundMs;
  const shown = new Set(found);
  const due = lines.filter((line) => isInTime(line) || shown.has(nameOf(line))).map(nameOf);
  return [
    ...sameSet('tens', shown, new Set(due)),
    ...(shown.size < found.length ? ['tens: a line is counted twice'] : []),
  ];
}
