import { createHash } from 'node:crypto';

/** What a client signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** How the access keys of roles begin here: AWS's own for temporary ones do so, too, and no other key of a developer's is
 *  likely to. */
const OWN = 'ASIALOCAL';
/** Before the name of the session, in the token. */
const TOKEN = 'local/';
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The credentials of a role as somebody has assumed it: a function, a delivery stream. The same in every run, so that
 *  each side knows them without telling the other.
 *  @param session name of the session, as in `assumed-role/<role>/<session>`. */
export function credentialsOf(roleArn: string, session: string): Credentials {
  const digest = createHash('sha256').update(roleArn).digest();
  const key = [...digest.subarray(0, 11)].map((byte) => DIGITS[byte % DIGITS.length]).join('');
  return { accessKeyId: `${OWN}${key}`, secretAccessKey: digest.toString('hex'), sessionToken: `${TOKEN}${session}` };
}

export const isOwnKey = (accessKeyId: string | undefined): boolean => accessKeyId?.startsWith(OWN) ?? false;

/** The session of a token; undefined for one that is none of ours. */
export const sessionOf = (token: string | undefined): string | undefined =>
  token?.startsWith(TOKEN) ? token.slice(TOKEN.length) : undefined;
