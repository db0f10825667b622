import { join } from 'node:path';

/** The project's directory: what the commands start from, wherever they are called. */
export const PROJECT = join(import.meta.dirname, '..');

/** Where local runs say that they are there. */
export const LOCAL_RUNS = join(PROJECT, '.millrace', 'runs');

/** Where Node keeps the code that it has compiled. */
export const COMPILED = join(PROJECT, '.millrace', 'compiled');

/** Where `cdk synth` leaves the cloud assembly. */
export const ASSEMBLY = join(PROJECT, 'cdk.out');
