import { createHash } from 'node:crypto';
import { ServiceError } from '../json-api.ts';

/** Names of a page of a list, at most. */
const MAX_LISTED = 50;
const TOKEN_CHARACTERS = [32, 128] as const;
const MAX_TOKENS = 1000;

export const invalid = (message: string) => new ServiceError('InvalidRequestException', message);

export function sizeOf(given: unknown, most: number): number {
  if (given === undefined) return most;
  if (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= most) return Number(given);
  throw invalid(`MaxResults must be between 1 and ${most}, found ${given}`);
}

export const tokenOf = (next: number | undefined) =>
  next === undefined ? undefined : Buffer.from(`row ${next}`).toString('base64');

export function startOf(token: unknown): number {
  if (token === undefined) return 0;
  const found = /^row (\d+)$/.exec(Buffer.from(String(token), 'base64').toString());
  if (!found) throw invalid('The NextToken is invalid');
  return Number(found[1]);
}

export function listPage<T>(
  items: readonly T[],
  { MaxResults, NextToken }: { MaxResults?: number; NextToken?: string },
  most = MAX_LISTED,
) {
  const from = startOf(NextToken);
  const to = from + sizeOf(MaxResults, most);
  return { items: items.slice(from, to), NextToken: tokenOf(to < items.length ? to : undefined) };
}

/** A request's text. @throws ServiceError when it is not given */
export function required(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${name} is required`);
}

/** Ids to look up, and those that were asked for and are not there. @throws ServiceError for more than 50 */
export function lookUp<T>(ids: unknown, name: string, find: (id: string) => T | undefined) {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_LISTED)
    throw invalid(`${name} must hold between 1 and ${MAX_LISTED} names`);
  const found: T[] = [];
  const missing: string[] = [];
  for (const id of ids.map(String)) {
    const item = find(id);
    if (item === undefined) missing.push(id);
    else found.push(item);
  }
  return { found, missing };
}

/** Remembers what requests with a `ClientRequestToken` made, so that a repeated one makes nothing. */
export class ClientTokens {
  private readonly made = new Map<string, { readonly request: string; readonly id: string }>();

  /** @throws ServiceError when the token is not as long as Athena wants it, or came with another request */
  once(token: unknown, request: unknown, make: () => string): string {
    if (token === undefined) return make();
    const [least, most] = TOKEN_CHARACTERS;
    const text = String(token);
    if (text.length < least || text.length > most)
      throw invalid(`ClientRequestToken must have between ${least} and ${most} characters, found ${text.length}`);
    const hash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const before = this.made.get(text);
    if (before && before.request !== hash) throw invalid('Idempotent parameters do not match');
    if (before) return before.id;
    const id = make();
    this.made.set(text, { request: hash, id });
    for (const oldest of this.made.keys()) {
      if (this.made.size <= MAX_TOKENS) break;
      this.made.delete(oldest);
    }
    return id;
  }
}
