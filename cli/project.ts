import { join } from 'node:path';

/** The project's directory: what the commands start from, wherever they are called. */
export const PROJECT = join(import.meta.dirname, '..');

/** Where a local run says that it is there. */
export const LOCAL_FILE = join(PROJECT, '.millrace', 'local.json');

/** Where `cdk synth` leaves the cloud assembly. */
export const ASSEMBLY = join(PROJECT, 'cdk.out');
