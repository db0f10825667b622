import * as z from 'zod';
import { collect, lake, minutes, seconds, tumbling } from '../../core/pipeline/index.ts';
import type { Mapped, Output, Stream } from '../../core/pipeline/stream.ts';
import { FOR_EVER_MS, type Line, nextTrail } from './timed.ts';

export const EARLY_MS = minutes(1);
export const EARLY_GRACE_MS = seconds(40);
export const TENS_MS = minutes(2);

/** Where a window's row goes, and where a line does. */
export const wayOf = (numbers: readonly number[]): string => (numbers.length % 2 === 1 ? 'odd' : 'even');
export const tenOf = (number: number): string => `ten-${number % 3}`;

const Early = z.object({ key: z.string(), numbers: z.array(z.int()).readonly() });
const Ten = Early.extend({ start: z.iso.datetime() });
const Turn = z.object({ key: z.string(), trail: z.int() });

/** What goes over a hop in groups: the rows of windows that have closed, to be taken in the order of event time, and
 *  items of windows behind the hop, which are taken together before it. */
export function grouped(lines: Stream<Line, Mapped>): readonly Output[] {
  const numbers = collect<Line, 'number'>('number', { first: 1_000 });
  const early = lines.window('early', { over: tumbling(EARLY_MS), grace: EARLY_GRACE_MS, aggregate: { numbers } });
  const inTurn = early.closed.rekey('by-way', (row) => wayOf(row.numbers)).inOrder('in-turn');
  const turns = inTurn.items.process('turn', {
    ttl: FOR_EVER_MS,
    init: () => 0,
    on: (trail: number, { key, numbers: [first = 0] }) => {
      const next = nextTrail(trail, first);
      return { state: next, emit: [{ key, trail: next }] };
    },
  });
  const tens = lines
    .rekey('by-ten', ({ number }) => tenOf(number))
    .window('ten', { over: tumbling(TENS_MS), aggregate: { numbers } });
  return [
    early.closed.to(lake('earlies', { schema: Early })),
    early.late.to(lake('late_earlies', { schema: z.object({ number: z.int() }) })),
    turns.to(lake('turns', { schema: Turn })),
    inTurn.late.to(lake('late_turns', { schema: Early })),
    tens.closed.to(lake('tens', { schema: Ten })),
  ];
}

/** Steps whose keys are all forgotten when enough time has passed. */
export const PASSING_GROUPED = ['early', 'in-turn', 'ten'] as const;

/** The tables of its rows. */
export const GROUPED_TABLES = ['earlies', 'late_earlies', 'turns', 'late_turns', 'tens'] as const;
