import { readFileSync } from 'node:fs';

const FILE = new URL('../../data/labels-machine-temperature.json', import.meta.url);

/** When something is known to have been wrong with the sample's machine, in order of time. */
export const anomalies: readonly { readonly from: string; readonly to: string }[] = JSON.parse(
  readFileSync(FILE, 'utf8'),
).map(([from, to]: readonly [string, string]) => ({ from, to }));
