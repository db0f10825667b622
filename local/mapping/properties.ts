import type { Resource } from '../service.ts';
import { ServiceError } from '../services/json-api.ts';

export type Properties = Resource['properties'];

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}

/** AWS names a setting in its messages with a small first letter. */
function constraint(name: string, value: unknown, rule: string): ServiceError {
  const shown = name.charAt(0).toLowerCase() + name.slice(1);
  const failed = `Value '${value}' at '${shown}' failed to satisfy constraint: Member must ${rule}`;
  return new ServiceError('ValidationException', `1 validation error detected: ${failed}`);
}

/** An integer within its bounds; CloudFormation also takes it as text. */
export function readInteger(properties: Properties, name: string, fallback: number, min: number, max: number): number {
  const given = properties[name] ?? fallback;
  const value = Number(given);
  if (value < min) throw constraint(name, given, `have value greater than or equal to ${min}`);
  if (value > max) throw constraint(name, given, `have value less than or equal to ${max}`);
  if (Number.isInteger(value)) return value;
  throw constraint(name, given, 'be an integer');
}

/** A boolean; CloudFormation also takes it as text. */
export function readFlag(properties: Properties, name: string, fallback: boolean): boolean {
  const value = properties[name] ?? fallback;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw constraint(name, value, 'be a boolean');
}
