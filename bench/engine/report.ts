import { printTable, styled } from '../../cli/table.ts';
import type { Growth } from './growth.ts';
import type { Measured } from './measure.ts';
import type { Memory } from './memory.ts';
import { workloadNamed } from './workloads.ts';

/** What is aimed at. */
export const GOAL = {
  /** Of the limit, by pipelines without state. */
  ofLimit: 0.5,
  /** What an event costs at the end of a long run, as a multiple of what it cost at its beginning. */
  growth: 1.2,
  /** For so many keys of state. */
  memory: { keys: 1_000_000, bytes: 512 * 1024 * 1024 },
} as const;

/** What was measured; only the rates where workloads were chosen. */
export interface Measurement {
  readonly rates: readonly Measured[];
  readonly growth?: Growth;
  readonly memory?: Memory;
}

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
  /** Whether the benchmark fails without it: bytes are counted, times depend on the machine. */
  readonly isRequired: boolean;
}

export function goalsOf({ rates, growth, memory }: Measurement): readonly Goal[] {
  return [...rates.flatMap(rateGoal), ...(growth ? [growthGoal(growth)] : []), ...(memory ? [memoryGoal(memory)] : [])];
}

function rateGoal({ name, ofLimit, eventsPerSecond }: Measured): readonly Goal[] {
  const { isStateless, flink } = workloadNamed(name);
  if (isStateless) {
    const text = `${name}: ${ofLimit.toFixed(2)} of the limit (goal: ${GOAL.ofLimit})`;
    return [{ text, isMet: ofLimit >= GOAL.ofLimit, isRequired: false }];
  }
  if (flink === undefined) return [];
  const text = `${name}: ${whole(eventsPerSecond)} events/s (goal: Flink's ${whole(flink)})`;
  return [{ text, isMet: eventsPerSecond >= flink, isRequired: false }];
}

function growthGoal({ name, events, costs, keys }: Growth): Goal {
  const [first = 0, last = 0] = [costs[0], costs.at(-1)];
  const grown = last / first;
  const span = `${name}, ${whole(events)} events, ${whole(keys)} keys in the end`;
  const text = `${span}: the last tenth costs ${grown.toFixed(2)} times the first (goal: ${GOAL.growth})`;
  return { text, isMet: grown <= GOAL.growth, isRequired: false };
}

function memoryGoal({ keys, chars, bytes }: Memory): Goal {
  const found = `${megabytes(bytes)} MiB, ${Math.round(bytes / keys)} bytes a key of ${Math.round(chars / keys)} characters`;
  const isMet = bytes / keys <= GOAL.memory.bytes / GOAL.memory.keys;
  const text = `${whole(keys)} keys of state take ${found} (goal: ${megabytes(GOAL.memory.bytes)} MiB for a million)`;
  return { text, isMet, isRequired: true };
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);

const COLUMNS = ['', 'events/s', 'limit/s', 'of limit', 'Flink/s', 'of Flink', 'keys', 'bytes/key', 'log bytes/event'];

/** The figures for people, and whether the goals are met. */
export function printReport(measurement: Measurement): string {
  const table = printTable(
    COLUMNS.map((name) => ({ name, type: 'double' })),
    measurement.rates.map((each) => {
      const { flink = null } = workloadNamed(each.name);
      const { eventsPerSecond, limitPerSecond, ofLimit, keys, bytesPerKey, logBytesPerEvent } = each;
      return [
        each.name,
        Math.round(eventsPerSecond),
        Math.round(limitPerSecond),
        Number(ofLimit.toFixed(2)),
        flink,
        flink && Number((eventsPerSecond / flink).toFixed(2)),
        keys,
        bytesPerKey && Math.round(bytesPerKey),
        Math.round(logBytesPerEvent),
      ];
    }),
    true,
  );
  const goals = goalsOf(measurement).map(({ text, isMet }) =>
    isMet ? `${styled('green', 'met')}      ${text}` : `${styled('red', 'not met')}  ${text}`,
  );
  const costs = measurement.growth?.costs.map((cost) => cost.toFixed(1)).join(', ');
  return [
    table,
    ...(costs ? ['', `An event's cost by tenths of the long run, as a multiple of the limit's: ${costs}`] : []),
    '',
    ...goals,
    '',
    'A second is one of processor time, all threads of the process together.',
  ].join('\n');
}

/** The same as JSON. */
export const printJson = (measurement: Measurement): string =>
  JSON.stringify({ benchmark: 'engine', ...measurement, goals: goalsOf(measurement) }, null, 2);
