import { printTable, styled } from '../../cli/table.ts';
import type { Measured, Measurement } from './measure.ts';

/** What is aimed at: so many times better than the peer. */
export const GOAL = { writeUnits: 100, rate: 100 } as const;

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
  /** Whether the benchmark fails without it: counts are exact, times depend on the machine. */
  readonly isRequired: boolean;
}

interface Figures {
  readonly callsPerEvent: number;
  readonly writeUnitsPerEvent: number;
  readonly readUnitsPerEvent: number;
  readonly cpuMicrosPerEvent: number;
  readonly eventsPerSecond: number;
}

/** How many times better we are than the peer; null where the peer's figure is 0, or both. */
export type Ratios = { readonly [Figure in keyof Figures]: number | null };

export function figuresOf({ calls, writeUnits, readUnits, seconds, cpuSeconds }: Measured, events: number): Figures {
  const callCount = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return {
    callsPerEvent: callCount / events,
    writeUnitsPerEvent: writeUnits / events,
    readUnitsPerEvent: readUnits / events,
    cpuMicrosPerEvent: (cpuSeconds * 1_000_000) / events,
    eventsPerSecond: events / seconds,
  };
}

export function ratiosOf({ ours, peer, events }: Measurement): Ratios {
  const [our, their] = [figuresOf(ours, events), figuresOf(peer, events)];
  return {
    callsPerEvent: ratio(their.callsPerEvent, our.callsPerEvent),
    writeUnitsPerEvent: ratio(their.writeUnitsPerEvent, our.writeUnitsPerEvent),
    readUnitsPerEvent: ratio(their.readUnitsPerEvent, our.readUnitsPerEvent),
    cpuMicrosPerEvent: ratio(their.cpuMicrosPerEvent, our.cpuMicrosPerEvent),
    eventsPerSecond: ratio(our.eventsPerSecond, their.eventsPerSecond),
  };
}

const ratio = (above: number, below: number): number | null => (below > 0 ? above / below : null);

export function goalsOf(measurement: Measurement): readonly Goal[] {
  const { ours, peer, events, duplicates } = measurement;
  const { writeUnitsPerEvent, eventsPerSecond } = ratiosOf(measurement);
  const faults = [ours, peer].flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
  for (const { name, duplicates: found } of [ours, peer]) {
    if (found !== duplicates) faults.push(`${name}: ${found} duplicates recognised of ${duplicates}`);
  }
  const distinct = (events - duplicates).toLocaleString('en-US');
  return [
    {
      text: `both produce each of the ${distinct} events once${faults[0] ? `: ${faults.length} faults, ${faults[0]}` : ''}`,
      isMet: faults.length === 0,
      isRequired: true,
    },
    atLeast(GOAL.writeUnits, writeUnitsPerEvent, 'fewer write units', true),
    atLeast(GOAL.rate, eventsPerSecond, 'the rate', false),
  ];
}

function atLeast(goal: number, found: number | null, of: string, isRequired: boolean): Goal {
  const times = found === null ? 'no' : Math.floor(found);
  return { text: `${times} times ${of} (goal: ${goal})`, isMet: found !== null && found >= goal, isRequired };
}

const COLUMNS = [
  '',
  'events',
  'duplicates',
  'calls/event',
  'write units/event',
  'read units/event',
  'CPU µs/event',
  'events/s',
] as const;

/** The figures for people, and whether the goals are met. */
export function printReport(measurement: Measurement): string {
  const { ours, peer, events } = measurement;
  const ratios = ratiosOf(measurement);
  const table = printTable(
    COLUMNS.map((name) => ({ name, type: 'double' })),
    [
      ...[ours, peer].map((each) => [
        each.name,
        events,
        each.duplicates,
        ...cells(figuresOf(each, events), [4, 4, 4, 0, 0]),
      ]),
      ['times better', null, null, ...cells(ratios, [0, 0, 0, 0, 0])],
    ],
    true,
  );
  const goals = goalsOf(measurement).map(({ text, isMet }) =>
    isMet ? `${styled('green', 'met')}      ${text}` : `${styled('red', 'not met')}  ${text}`,
  );
  return [table, '', ...goals].join('\n');
}

/** In the order of the columns; `digits` is how many decimals they have. */
function cells(figures: Ratios, digits: readonly number[]): (number | null)[] {
  const { callsPerEvent, writeUnitsPerEvent, readUnitsPerEvent, cpuMicrosPerEvent, eventsPerSecond } = figures;
  const ofEvent = [callsPerEvent, writeUnitsPerEvent, readUnitsPerEvent, cpuMicrosPerEvent, eventsPerSecond];
  return ofEvent.map((figure, i) => (figure === null ? null : Number(figure.toFixed(digits[i]))));
}

/** The same as JSON: totals, ratios and goals. */
export function printJson(measurement: Measurement): string {
  const { ours, peer, events, ...about } = measurement;
  const withFigures = (each: Measured) => ({ ...each, ...figuresOf(each, events) });
  return JSON.stringify(
    {
      benchmark: 'idempotency',
      ...about,
      events,
      ours: withFigures(ours),
      peer: withFigures(peer),
      timesBetter: ratiosOf(measurement),
      goals: goalsOf(measurement),
    },
    null,
    2,
  );
}
