import { readVariables, type Variables } from '../variables.ts';

/** What the stack tells the archive function; both sides use this one contract. */
export interface ArchiveEnvironment {
  /** Bucket of the archive. */
  readonly MILLRACE_ARCHIVE_BUCKET: string;
  /** ARN of the stream that is archived. */
  readonly MILLRACE_STREAM_ARN: string;
}

/** @throws Error naming the variables that are missing. */
export function readEnvironment(variables: Variables): ArchiveEnvironment {
  return readVariables(['MILLRACE_ARCHIVE_BUCKET', 'MILLRACE_STREAM_ARN'], variables);
}
