import { ServiceError } from '../json-api.ts';

/** What every call may say that can be tried without taking effect. */
export interface DryRunInput {
  readonly DryRun?: boolean;
}

/** Call it when nothing else can go wrong: throws what AWS throws for a call that was only tried. */
export function endDryRun({ DryRun: isDryRun }: DryRunInput): void {
  if (!isDryRun) return;
  throw new ServiceError('DryRunOperationException', 'Request would have succeeded, but DryRun flag is set.');
}
