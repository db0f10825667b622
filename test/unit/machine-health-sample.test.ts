import { describe, expect, it } from '@jest/globals';
import type { CloudEvent, DataOf } from '../../core/event/index.ts';
import { anomalies } from '../../pipelines/machine-health/anomalies.ts';
import type { MachineTemperature } from '../../pipelines/machine-health/events.ts';
import { sample } from '../../pipelines/machine-health/sample.ts';

const events: CloudEvent[] = [];
for await (const each of sample()) events.push(each);
const readings = events.map(({ data }) => data as DataOf<typeof MachineTemperature>);

describe('the machine-health sample', () => {
  it('is every reading of the file, each with an id of its own', () => {
    expect(readings).toHaveLength(22_695);
    expect(new Set(events.map(({ id }) => id)).size).toBe(22_695);
    expect(readings[0]).toEqual({ machine: 'machine-1', at: '2013-12-02T21:15:00.000Z', temperature: 73.96732207 });
    expect(readings.at(-1)).toEqual({ machine: 'machine-1', at: '2014-02-19T15:25:00.000Z', temperature: 96.90386085 });
  });

  it('goes on by five minutes, but for one hour that is there twice', () => {
    const steps = readings.slice(1).map(({ at }, i) => (Date.parse(at) - Date.parse(readings[i]?.at ?? '')) / 60_000);
    const odd = steps.flatMap((minutes, i) => (minutes === 5 ? [] : [[readings[i + 1]?.at, minutes]]));
    expect(odd).toEqual([['2014-01-07T02:00:00.000Z', -55]]);
  });

  it('has four windows in which something was wrong, in its time and with readings', () => {
    expect(anomalies).toHaveLength(4);
    for (const { from, to } of anomalies) {
      const inside = readings.filter(({ at }) => from <= at && at <= to);
      expect(inside.length).toBeGreaterThan(500);
    }
    expect(anomalies.map(({ from }) => from)).toEqual(anomalies.map(({ from }) => from).toSorted());
  });
});
