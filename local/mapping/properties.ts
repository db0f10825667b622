import type { Resource } from '../service.ts';
import { ServiceError } from '../services/json-api.ts';

export type Properties = Resource['properties'];

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}

/** An integer within its bounds; CloudFormation also takes it as text. */
export function readInteger(properties: Properties, name: string, fallback: number, min: number, max: number): number {
  const value = Number(properties[name] ?? fallback);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ServiceError(
    'ValidationException',
    `Value '${properties[name]}' at '${name}' failed to satisfy constraint: an integer from ${min} to ${max}`,
  );
}

/** A boolean; CloudFormation also takes it as text. */
export function readFlag(properties: Properties, name: string, fallback: boolean): boolean {
  const value = properties[name] ?? fallback;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new ServiceError(
    'ValidationException',
    `Value '${value}' at '${name}' failed to satisfy constraint: a boolean`,
  );
}
