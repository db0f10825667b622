import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { MachineTemperature } from './events.ts';

const FILE = new URL('../../data/machine-temperature.csv.gz', import.meta.url);

/** Eleven weeks of one machine. Readings of the hour from 02:00 on 7 January 2014 stand there twice, and differ: the
 *  logger's clock was set back. So the line number makes the id. */
export async function* sample(): AsyncGenerator<CloudEvent> {
  const lines = createInterface({
    input: createReadStream(FILE).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let line = 0;
  for await (const row of lines) {
    line += 1;
    if (line === 1) continue;
    const [time = '', temperature] = row.split(',');
    yield createEvent(MachineTemperature, {
      id: `machine-temperature/${line}`,
      source: '/nab/machine-temperature',
      data: { machine: 'machine-1', at: `${time.replace(' ', 'T')}.000Z`, temperature: Number(temperature) },
    });
  }
}
