import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '../../core/event/index.ts';
import { days, hours } from '../../core/pipeline/index.ts';
import { anomalies } from '../../pipelines/machine-health/anomalies.ts';
import { MachineTemperature } from '../../pipelines/machine-health/events.ts';
import { machineHealth } from '../../pipelines/machine-health/pipeline.ts';
import { sample } from '../../pipelines/machine-health/sample.ts';
import { againstUsual, type Hour, type Judged, type UsualOptions } from '../../pipelines/machine-health/usual.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { shownTable } from '../support/tutorial.ts';

const events: CloudEvent[] = [];
for await (const each of sample()) events.push(each);

type JudgedHour = Judged<Hour & { readonly ended: string }>;

const HALF = '2014-01-01T00:00:00.000Z';

/** How many of the labelled windows have an alert, and how many alerts lie in none of them. */
function scoreOf(alerts: readonly string[], windows: typeof anomalies = anomalies) {
  const isIn =
    ({ from, to }: (typeof anomalies)[number]) =>
    (at: string) =>
      Date.parse(from) <= Date.parse(at) && Date.parse(at) <= Date.parse(to);
  return {
    found: windows.filter((window) => alerts.some(isIn(window))).length,
    of: windows.length,
    falsely: alerts.filter((at) => !windows.some((window) => isIn(window)(at))).length,
  };
}

const timesOf = (driver: Drive): readonly string[] =>
  driver.alerts('strange-temperature').map(({ timeMs }) => new Date(timeMs + 1).toISOString());

describe('the machine-health pipeline on its eleven weeks', () => {
  let driver: Drive;

  beforeAll(async () => {
    driver = drive(machineHealth);
    await driver.send(events);
    await driver.advance(days(2));
  }, 60_000);

  it('finds all four windows in which something was wrong, with three false alerts', () => {
    expect(scoreOf(timesOf(driver))).toEqual({ found: 4, of: 4, falsely: 3 });
  });

  it('alerts when and of what the tutorial says', () => {
    const minute = (at: string) => at.slice(0, 16).replace('T', ' ');
    const byHour = driver.rows('temperature_by_hour') as unknown as readonly JudgedHour[];
    const rows = timesOf(driver).map((at) => {
      const number = anomalies.findIndex(({ from, to }) => scoreOf([at], [{ from, to }]).found > 0) + 1;
      const from = anomalies[number - 1]?.from ?? '';
      const { mean, usual, spread } = byHour.find(({ ended }) => ended === at) as JudgedHour;
      return [
        minute(at),
        number === 0 ? 'none: false' : `${number}, from ${minute(from)}`,
        `${usual.toFixed(1)} ± ${spread.toFixed(1)}`,
        mean.toFixed(1),
      ];
    });
    const shown = shownTable('machine-health', 'labelled window');
    expect(shown.map(([at, window, _, usual, mean]) => [at, window, usual, mean])).toEqual(rows);
    const texts = driver.alerts('strange-temperature').map(({ text }) => text);
    expect(texts[0]).toBe(
      'machine-1, 2013-12-10T08:00:00.000Z: 53.3 in the last hour, where 77.6 is usual, give or take 9.0; strange for 6 hours',
    );
  });

  it('has every reading, each hour, and at each hour the day before it', () => {
    expect(driver.rows('machine_readings')).toHaveLength(22_695);
    const byHour = driver.rows('temperature_by_hour');
    expect(byHour).toHaveLength(1_891);
    const twice = byHour.find(({ began }) => began === '2014-01-07T02:00:00.000Z');
    expect(twice).toMatchObject({ readings: 24 });
    const lastDays = driver.rows('temperature_of_a_day');
    expect(lastDays).toHaveLength(1_914);
    const day = lastDays.find(({ ended }) => ended === '2013-12-17T00:00:00.000Z');
    const own = events.map(({ data }) => data as { at: string; temperature: number });
    const readings = own.filter(({ at }) => at.startsWith('2013-12-16')).map(({ temperature }) => temperature);
    const mean = readings.reduce((sum, each) => sum + each, 0) / readings.length;
    expect(day).toMatchObject({ readings: 288, lowest: Math.min(...readings), highest: Math.max(...readings) });
    expect(day?.mean).toBeCloseTo(mean, 9);
  });

  it('keeps the last hour of each machine to be read at once', () => {
    const { ended, mean, usual } = driver.rows('temperature_by_hour').at(-1) ?? {};
    expect(ended).toBe('2014-02-19T16:00:00.000Z');
    expect(driver.view('machines')).toEqual({ 'machine-1': { ended, mean, usual, strangeHours: 0 } });
  });

  it('comes to what the tutorial says with other settings', () => {
    const byHour = driver.rows('temperature_by_hour') as unknown as readonly JudgedHour[];
    const rows = shownTable('machine-health', 'half-life, hours');
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      const [halfLife = 0, deviations = 0, inARow = 0] = row.map(Number);
      const alerts = alertsWith(byHour, { halfLife, deviations, warmUp: 72 }, inARow);
      const halves = [true, false].map((isFirst) =>
        scoreOf(
          alerts.filter((at) => at < HALF === isFirst),
          anomalies.filter(({ from }) => from < HALF === isFirst),
        ),
      );
      const shown = halves.flatMap(({ found, of, falsely }) => [`${found} of ${of}`, String(falsely)]);
      expect([row.slice(0, 3), ...shown]).toEqual([row.slice(0, 3), ...row.slice(3)]);
    }
  });
});

/** When there would be alerts with other settings: what the pipeline does, without it. */
function alertsWith(byHour: readonly JudgedHour[], options: UsualOptions, inARow: number) {
  const { init, on } = againstUsual<Hour>(options);
  const context = { key: '', id: '', timeMs: 0, watermarkMs: 0 };
  let state = init('');
  let lastMs = Number.NEGATIVE_INFINITY;
  return byHour.flatMap(({ mean, ended }) => {
    const result = on(state, { mean }, context);
    state = result.state ?? state;
    const isQuiet = Date.parse(ended) < lastMs + hours(12);
    if (isQuiet || (result.emit?.[0]?.strange ?? 0) < inARow) return [];
    lastMs = Date.parse(ended);
    return [ended];
  });
}

const reading = (hour: number, temperature: number, machine = 'machine-1') => ({
  machine,
  at: new Date(Date.parse('2025-03-03T00:00:00Z') + hours(hour)).toISOString(),
  temperature,
});

/** Three days of hours around 80, then as given. */
const after = (...temperatures: readonly number[]) =>
  [...Array.from({ length: 72 }, (_, i) => 79 + (i % 3)), ...temperatures].map((each, hour) => reading(hour, each));

describe('an alert of strange temperatures', () => {
  it.each([
    ['five strange hours', after(60, 60, 60, 60, 60), 0],
    ['six strange hours', after(60, 59, 58, 57, 56, 55), 1],
    ['six strange hours that are too warm', after(100, 101, 102, 103, 104, 105), 1],
    [
      'six strange hours, one of them of another machine',
      [...after(60, 59, 58, 57, 56), reading(77, 55, 'machine-2')],
      0,
    ],
    ['six strange hours but one between', after(60, 59, 58, 80, 57, 56, 55), 0],
    [
      'six strange hours too early to say so',
      after()
        .slice(0, 66)
        .concat(after(50).slice(-1))
        .map((each, i) => (i < 60 ? each : { ...each, temperature: 50 })),
      0,
    ],
  ])('comes of %s', async (_, readings, alerts) => {
    const driver = drive(machineHealth);
    await driver.put(MachineTemperature, readings);
    await driver.advance(hours(30));
    expect(driver.alerts('strange-temperature')).toHaveLength(alerts);
  });

  it('is told again after twelve hours if it goes on', async () => {
    const driver = drive(machineHealth);
    const worse = Array.from({ length: 20 }, (_, i) => 60 - i * i);
    await driver.put(MachineTemperature, after(...worse));
    await driver.advance(hours(30));
    expect(timesOf(driver)).toEqual(['2025-03-06T06:00:00.000Z', '2025-03-06T18:00:00.000Z']);
  });
});
