import * as z from 'zod';
import { event } from '../../core/event/index.ts';

/** One reading of a machine's thermometer. */
export const MachineTemperature = event('machine.temperature', {
  version: 1,
  key: 'machine',
  time: 'at',
  description: 'The temperature of an internal component of a machine, every five minutes',
  schema: z.object({
    machine: z.string().max(64),
    at: z.iso.datetime(),
    /** In the sensor's own unit, which the data set does not name. */
    temperature: z.number(),
  }),
});
