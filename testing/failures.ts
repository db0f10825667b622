import type { ParkedKey } from '../core/engine/parking.ts';
import type { Row } from './rows.ts';

/** A record in quarantine. */
export interface Quarantined {
  readonly reason: string;
  readonly step: string;
  readonly found: string;
  readonly expected: string;
  /** The record itself, as text. */
  readonly record: string;
}

/** What a row of the quarantine table says; without a payload where it is too large for a row. */
export function quarantinedOf(row: Row): Quarantined {
  const { reason, step, found, expected, payload } = row as { readonly [column: string]: string };
  const record = Buffer.from(payload ?? '', 'base64').toString();
  return { reason, step, found, expected, record } as Quarantined;
}

/** A key whose records wait for a mended step. */
export interface Parked {
  readonly key: string;
  /** The step that threw, and what it threw. */
  readonly step: string;
  readonly found: string;
  /** Records that wait. */
  readonly records: number;
}

export function parkedOf([key, { failure, parts }]: readonly [key: string, Readonly<ParkedKey>]): Parked {
  const records = parts.reduce((sum, { count }) => sum + count, 0);
  return { key, step: failure.step, found: failure.found, records };
}
