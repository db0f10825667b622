import { readVariables, type Variables } from '../variables.ts';

/** What the stack tells the heartbeat function; both sides use this one contract. */
export interface HeartbeatEnvironment {
  /** Name of the stream whose shards get heartbeats. */
  readonly MILLRACE_STREAM_NAME: string;
}

/** @throws Error naming the variables that are missing. */
export function readEnvironment(variables: Variables): HeartbeatEnvironment {
  return readVariables(['MILLRACE_STREAM_NAME'], variables);
}
