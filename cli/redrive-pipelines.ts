import { CliError } from './errors.ts';
import { type ParkedKeys, type ParkedPlace, readParkedKeys } from './parked-keys.ts';
import { type Outcome, type RedrivePorts, recordsIn, redriveKeys } from './redrive-keys.ts';

/** A pipeline of the stage, and what redriving it needs. */
export interface PipelinePorts {
  readonly name: string;
  readonly ports: RedrivePorts;
}

export interface RedriveRequest {
  /** The one key that is meant; undefined for all that are parked now. */
  readonly key: string | undefined;
  readonly dryRun: boolean;
  readonly timeoutSeconds: number;
  readonly onProgress: (pipeline: string, redriven: number, keysLeft: number) => void;
}

/** A parked key, and what became of it. Payloads are not told. */
export interface RedriveRow {
  readonly pipeline: string;
  readonly key: string;
  readonly outcome: Outcome;
  /** Records taken through by this command. */
  readonly redriven: number;
  /** Records that wait. */
  readonly records: number;
  /** Arrival of the record that a step threw on, in UTC, and what step and error that was; null for a key that is free. */
  readonly since: string | null;
  readonly step: string | null;
  readonly found: string | null;
  /** The shard that has the records; null for a key that is free. */
  readonly shard: string | null;
}

/** Redrives the keys that are parked in these pipelines, one pipeline after the other; a dry run only lists them.
 *  @throws CliError when the one key that is meant is parked in none of them. */
export async function redrivePipelines(
  pipelines: readonly PipelinePorts[],
  request: RedriveRequest,
): Promise<readonly RedriveRow[]> {
  const parked = new Map<PipelinePorts, ParkedKeys>();
  for (const pipeline of pipelines) parked.set(pipeline, await wantedOf(pipeline, request));
  if (request.key !== undefined && [...parked.values()].every((keys) => keys.size === 0)) {
    const names = pipelines.map(({ name }) => name).join(', ');
    throw new CliError(
      `nothing is parked under the key ${JSON.stringify(request.key)} in ${names}: \`millrace redrive --dry-run\` lists the keys`,
    );
  }
  const rows: RedriveRow[] = [];
  for (const [pipeline, keys] of parked) {
    if (keys.size > 0) rows.push(...(await rowsOf(pipeline, keys, request)));
  }
  return rows;
}

async function wantedOf({ ports }: PipelinePorts, { key }: RedriveRequest): Promise<ParkedKeys> {
  const all = await readParkedKeys(ports.logs, await ports.listShards());
  return key === undefined ? all : new Map([...all].filter(([each]) => each === key));
}

async function rowsOf({ name, ports }: PipelinePorts, keys: ParkedKeys, request: RedriveRequest) {
  if (request.dryRun) return [...keys].map(([key, places]) => rowOf(name, key, 'parked', 0, places));
  const results = await redriveKeys(keys, ports, {
    timeoutMs: request.timeoutSeconds * 1_000,
    onProgress: (redriven, keysLeft) => request.onProgress(name, redriven, keysLeft),
  });
  return results.map(({ key, outcome, redriven, left }) => rowOf(name, key, outcome, redriven, left));
}

function rowOf(
  pipeline: string,
  key: string,
  outcome: Outcome,
  redriven: number,
  places: readonly ParkedPlace[],
): RedriveRow {
  const first = places[0];
  return {
    pipeline,
    key,
    outcome,
    redriven,
    records: recordsIn(places),
    since: first ? new Date(first.failure.sinceMs).toISOString() : null,
    step: first?.failure.step ?? null,
    found: first?.failure.found ?? null,
    shard: first?.shard.shardId ?? null,
  };
}

/** @throws CliError saying why, when records of these keys still wait. */
export function refuseLeft(rows: readonly RedriveRow[], timeoutSeconds: number): void {
  const share = (of: Outcome) => `${rows.filter(({ outcome }) => outcome === of).length} of ${rows.length} keys`;
  const has = (of: Outcome) => rows.some(({ outcome }) => outcome === of);
  const faults = [
    has('parked') && `still parked: ${share('parked')}, since a step threw again; mend it, deploy and redrive`,
    has('pending') &&
      `not reached within ${timeoutSeconds} s: ${share('pending')}; see by \`millrace status\` whether the pipeline is ` +
        'behind or has stopped, and whether its event source mapping is enabled; the redrive waits in the stream',
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new CliError(faults.join('; '));
}
