import * as z from 'zod';
import { alert, collect, days, lake, minutes, seconds, session, tumbling, view } from '../../core/pipeline/index.ts';
import type { Mapped, Output, Stream } from '../../core/pipeline/stream.ts';

/** How far events may come out of order: as far as the workload puts them out of order by itself. What a producer's
 *  trouble holds up longer is late. */
export const OUT_OF_ORDER_MS = minutes(1);
export const WINDOW_MS = minutes(2);
export const GRACE_MS = seconds(40);
export const GAP_MS = seconds(60);
export const BRIEF_MS = minutes(2);
const SILENT_MS = minutes(3);
export const FOR_EVER_MS = days(3_650);

/** What comes to the steps: numbers, no two alike. */
export interface Line {
  readonly number: number;
}

export const nextTrail = (trail: number, number: number): number => (trail * 31 + number) % 1_000_000_007;

/** Steps whose keys are all forgotten when enough time has passed. */
export const PASSING = ['window', 'session', 'sorted', 'silence', 'brief'] as const;

const Single = z.object({ number: z.int() });
const Numbers = z.object({ numbers: z.array(z.int()).readonly() });
const Window = Numbers.extend({ key: z.string(), start: z.iso.datetime(), end: z.iso.datetime() });
const Trail = Single.extend({ trail: z.int() });
const Nth = Single.extend({ n: z.int() });

/** Every kind of step that goes by event time, and every kind of sink, over one stream. */
export function timed(lines: Stream<Line, Mapped>): readonly Output[] {
  const numbers = collect<Line, 'number'>('number', { first: 1_000 });
  const windows = lines.window('window', {
    over: tumbling(WINDOW_MS),
    grace: GRACE_MS,
    aggregate: { numbers },
  });
  const sessions = lines.window('session', { over: session(GAP_MS), aggregate: { numbers } });
  const sorted = lines.inOrder('sorted');
  const trails = sorted.items.process('trail', {
    ttl: FOR_EVER_MS,
    init: () => 0,
    on: (trail: number, { number }) => {
      const next = nextTrail(trail, number);
      return { state: next, emit: [{ number, trail: next }] };
    },
  });
  /** Tells what came before each silence. */
  const silence = lines.process('silence', {
    ttl: FOR_EVER_MS,
    init: (): readonly number[] => [],
    on: (before, { number }, { timeMs }) => ({ state: [...before, number], wakeMs: timeMs + SILENT_MS }),
    onWake: (before) => ({ state: undefined, emit: [{ numbers: before }] }),
  });
  const brief = lines.process('brief', {
    ttl: BRIEF_MS,
    init: () => 0,
    on: (n: number, { number }) => ({ state: n + 1, emit: [{ number, n: n + 1 }] }),
  });
  /** Counts a key's items; an alarm set at the first of them says once more how many there are. */
  const nths = lines.process('nth', {
    ttl: FOR_EVER_MS,
    init: () => 0,
    on: (n: number, { number }, { timeMs }) => ({
      state: n + 1,
      emit: [{ number, n: n + 1 }],
      wakeMs: n === 0 ? timeMs + SILENT_MS : undefined,
    }),
    onWake: (n) => ({ state: n, emit: [{ number: -1, n }] }),
  });
  return [
    windows.closed.to(lake('windows', { schema: Window })),
    windows.late.to(lake('late_windows', { schema: Single })),
    windows.closed
      .filter('several', ({ numbers }) => numbers.length > 1)
      .to(alert('busy', { text: ({ numbers }) => numbers.join(' ') })),
    sessions.closed.to(lake('sessions', { schema: Window })),
    sessions.late.to(lake('late_sessions', { schema: Single })),
    trails.to(lake('trails', { schema: Trail })),
    sorted.late.to(lake('late_sorted', { schema: Single })),
    silence.to(lake('silences', { schema: Numbers })),
    brief.to(lake('briefs', { schema: Nth })),
    nths.to(view('newest', { row: (row) => row })),
    nths.filter('told', ({ number }) => number >= 0).to(lake('nths', { schema: Nth })),
  ];
}

/** The tables of its rows. */
export const TIMED_TABLES = [
  'windows',
  'late_windows',
  'sessions',
  'late_sessions',
  'trails',
  'late_sorted',
  'silences',
  'briefs',
  'nths',
] as const;
