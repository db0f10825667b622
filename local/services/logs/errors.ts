import { ServiceError } from '../json-api.ts';

export const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterException', message);

/** A list may be read in pages of at most `max`; a page is as long unless the caller wants a shorter one. */
export function pageSize(limit: number | undefined, max: number): number {
  if (limit === undefined) return max;
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  throw invalid(
    `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: from 1 to ${max}`,
  );
}

/** Where a page begins; tokens are the ones given out before. */
export function pageStart(token: string | undefined): number {
  const start = Number(token ?? 0);
  if (Number.isInteger(start) && start >= 0) return start;
  throw invalid('The specified nextToken is invalid.');
}
