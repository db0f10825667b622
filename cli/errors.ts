/** Something the person at the terminal can act on; the message is one sentence and all they need to see. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** The command line cannot be meant so. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit codes: what scripts can rely on. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^Could not load credentials from any providers$/,
    'no AWS credentials were found: configure them, or start `npx millrace local`',
  ],
  [/^Region is missing$/, 'no AWS region was found: set AWS_REGION, or start `npx millrace local`'],
  [/^ExpiredToken|^ExpiredTokenException$/, 'the AWS credentials have expired: sign in again'],
];

/** One sentence about an error, without its stack. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = HINTS.find(([pattern]) => pattern.test(error.name) || pattern.test(error.message));
  if (hint) return hint[1];
  const { code, address, port } = error as Error & { code?: string; address?: string; port?: number };
  if (code === 'ECONNREFUSED') return `nothing answers at ${address ?? 'the endpoint'}${port ? `:${port}` : ''}`;
  const service = '$metadata' in error ? `${error.name}: ` : '';
  return `${service}${error.message || error.name}`;
}
