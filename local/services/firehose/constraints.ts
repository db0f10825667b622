import { ServiceError } from '../json-api.ts';

/** What a call asks that Firehose takes to make no sense. */
export const invalid = (message: string): ServiceError => new ServiceError('InvalidArgumentException', message);

/** Gathers what breaks the API's model, to be told in one error as AWS does: `2 validation errors detected: …; …`. */
export class Constraints {
  private readonly broken: string[] = [];

  /** `path` names the member, e.g. `extendedS3DestinationConfiguration.prefix`. */
  add(path: string, constraint: string): void {
    this.broken.push(`Value at '${path}' failed to satisfy constraint: ${constraint}`);
  }

  present(path: string, value: unknown): void {
    if (value === undefined || value === null) this.add(path, 'Member must not be null');
  }

  length(path: string, value: unknown, least: number, most: number): void {
    if (value === undefined || value === null) return;
    const { length } = value as { length: number };
    if (length < least) this.add(path, `Member must have length greater than or equal to ${least}`);
    if (length > most) this.add(path, `Member must have length less than or equal to ${most}`);
  }

  range(path: string, value: unknown, least: number, most: number): void {
    if (value === undefined || value === null) return;
    if (!(Number(value) >= least)) this.add(path, `Member must have value greater than or equal to ${least}`);
    else if (Number(value) > most) this.add(path, `Member must have value less than or equal to ${most}`);
  }

  oneOf(path: string, value: unknown, allowed: readonly string[]): void {
    if (value === undefined || value === null || allowed.includes(String(value))) return;
    this.add(path, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
  }

  pattern(path: string, value: unknown, pattern: string): void {
    if (value === undefined || value === null || new RegExp(`^(?:${pattern})$`).test(String(value))) return;
    this.add(path, `Member must satisfy regular expression pattern: ${pattern}`);
  }

  /** @throws ValidationException when anything was broken. */
  check(): void {
    const count = this.broken.length;
    if (count === 0) return;
    const errors = count === 1 ? '1 validation error' : `${count} validation errors`;
    throw new ServiceError('ValidationException', `${errors} detected: ${this.broken.join('; ')}`);
  }
}
