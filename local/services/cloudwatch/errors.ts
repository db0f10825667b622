import { ServiceError } from '../json-api.ts';

/** What PutMetricAlarm and GetMetricData answer to a request that contradicts itself. */
export class ValidationError extends ServiceError {
  constructor(message: string) {
    super('ValidationException', message);
  }
}

export const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValueException', message);

export const contradictory = (message: string): ServiceError =>
  new ServiceError('InvalidParameterCombinationException', message);

export function required<Value>(name: string, value: Value | undefined | null): Value {
  if (value !== undefined && value !== null && value !== '') return value;
  throw new ServiceError('MissingRequiredParameterException', `The parameter ${name} is required.`);
}

/** Where a page begins; tokens are the ones given out by `nextToken`. */
export function pageStart(token: string | undefined): number {
  const start = Number(token ?? 0);
  if (Number.isInteger(start) && start >= 0) return start;
  throw new ServiceError('InvalidNextToken', 'The NextToken is not one that was given');
}

export const nextToken = (end: number, count: number): { readonly NextToken?: string } =>
  end < count ? { NextToken: String(end) } : {};
