/** What the stack tells the process function; both sides use this one contract. */
export interface ProcessEnvironment {
  /** Name of the pipeline to run. */
  readonly MILLRACE_PIPELINE: string;
  /** Epoch of the pipeline's results; part of the commit log's key. */
  readonly MILLRACE_EPOCH: string;
  /** Name of the DynamoDB table that holds the commit log. */
  readonly MILLRACE_LOG_TABLE: string;
  /** JSON object: table name (`quarantine` included) → name of its Firehose delivery stream. */
  readonly MILLRACE_DELIVERY_STREAMS: string;
  /** Bucket that takes quarantined payloads too large for a row, under `oversize/`. */
  readonly MILLRACE_BUCKET: string;
}

const NAMES = [
  'MILLRACE_PIPELINE',
  'MILLRACE_EPOCH',
  'MILLRACE_LOG_TABLE',
  'MILLRACE_DELIVERY_STREAMS',
  'MILLRACE_BUCKET',
] as const satisfies readonly (keyof ProcessEnvironment)[];

/** @throws Error naming the variables that are missing. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): ProcessEnvironment {
  const missing = NAMES.filter((name) => !variables[name]);
  if (missing.length > 0) throw new Error(`missing from the function's environment: ${missing.join(', ')}`);
  return Object.fromEntries(NAMES.map((name) => [name, variables[name]])) as unknown as ProcessEnvironment;
}
