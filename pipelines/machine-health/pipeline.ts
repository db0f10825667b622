import * as z from 'zod';
import type { DataOf } from '../../core/event/index.ts';
import {
  alert,
  average,
  count,
  days,
  from,
  hopping,
  hours,
  lake,
  max,
  min,
  pipeline,
  stddev,
  tumbling,
  view,
} from '../../core/pipeline/index.ts';
import { MachineTemperature } from './events.ts';
import { queries } from './queries.ts';
import { againstUsual } from './usual.ts';

type Reading = DataOf<typeof MachineTemperature>;

const readings = from(MachineTemperature);

const statistics = {
  readings: count(),
  mean: average<Reading>('temperature'),
  deviation: stddev<Reading>('temperature'),
  lowest: min<Reading, 'temperature'>('temperature'),
  highest: max<Reading, 'temperature'>('temperature'),
};

const perHour = readings.window('per-hour', { over: tumbling(hours(1)), aggregate: statistics });
const lastDay = readings.window('last-day', { over: hopping(days(1), hours(1)), aggregate: statistics });

const Statistics = z.object({
  machine: z.string(),
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  readings: z.int(),
  mean: z.number(),
  deviation: z.number(),
  lowest: z.number(),
  highest: z.number(),
});

const named = <Row extends { key: string; start: string; end: string }>({ key, start, end, ...rest }: Row) => ({
  ...rest,
  machine: key,
  began: start,
  ended: end,
});

const judged = perHour.closed
  .map('hour', named)
  .process('usual', againstUsual({ halfLife: 72, deviations: 2, warmUp: 72 }));

const Judged = Statistics.extend({ usual: z.number(), spread: z.number(), strange: z.int() });

const lasting = judged.filter('lasting', ({ strange }) => strange >= 6);

/** What a machine's temperature was like, and whether it has been strange for hours. */
export const machineHealth = pipeline(
  'machine-health',
  [
    readings.to(lake('machine_readings', { description: 'Every reading, as it came' })),
    judged.to(
      lake('temperature_by_hour', {
        description: "Each hour of a machine, beside the mean and deviation ('usual', 'spread') of the hours before",
        schema: Judged,
      }),
    ),
    lastDay.closed
      .map('day', named)
      .to(lake('temperature_of_a_day', { description: 'At each hour, the day that ends then', schema: Statistics })),
    judged.to(
      view('machines', {
        description: "Each machine's last hour",
        row: ({ ended, mean, usual, strange }) => ({ ended, mean, usual, strangeHours: strange }),
      }),
    ),
    lasting.to(
      alert('strange-temperature', {
        subject: 'A machine has not its usual temperature',
        text: ({ machine, ended, mean, usual, spread, strange }) =>
          `${machine}, ${ended}: ${mean.toFixed(1)} in the last hour, where ${usual.toFixed(1)} is usual, ` +
          `give or take ${spread.toFixed(1)}; strange for ${strange} hours`,
        quiet: hours(12),
      }),
    ),
  ],
  { description: 'Temperatures of machines', queries },
);
