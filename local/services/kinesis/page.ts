import { ServiceError } from '../json-api.ts';
import { invalidArgument } from './limits.ts';

/** Source: API reference, ListShards and ListStreamConsumers. */
const LIFETIME_MS = 300_000;

/** A NextToken that tells all it takes to go on. */
export function pageToken(page: object, nowMs: number): string {
  return Buffer.from(JSON.stringify({ page, issuedMs: nowMs })).toString('base64');
}

/** What a NextToken tells; undefined without one. Throws InvalidArgumentException or ExpiredNextTokenException. */
export function openPage<Page>(token: string | undefined, nowMs: number): Page | undefined {
  if (token === undefined) return undefined;
  let opened: { readonly page: Page; readonly issuedMs: number };
  try {
    opened = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch (error) {
    throw Object.assign(invalidArgument('Invalid NextToken.'), { cause: error });
  }
  if (typeof opened?.issuedMs !== 'number' || !opened.page) throw invalidArgument('Invalid NextToken.');
  if (nowMs - opened.issuedMs <= LIFETIME_MS) return opened.page;
  throw new ServiceError('ExpiredNextTokenException', `The NextToken is older than ${LIFETIME_MS / 1000} seconds.`);
}
