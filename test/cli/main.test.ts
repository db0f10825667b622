import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { explain } from '../../cli/errors.ts';
import { main } from '../../cli/main.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'millrace.ts');
/** A port that no service can have. */
const NOBODY = 'http://127.0.0.1:1';

/** Runs the program as a shell does, where no AWS settings are to be found. */
function millrace(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** The same in this process, for what goes no further than the command line. */
async function parse(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const code = await main(args, {
    out: (text) => {
      written.stdout += text;
    },
    err: (text) => {
      written.stderr += text;
    },
  });
  return { code, ...written };
}

describe('the command line', () => {
  it.each([['--help'], ['local', '--help'], ['query', '--help'], ['status', '--help'], ['redrive', '--help']])(
    'helps: %s %s',
    async (...args) => {
      const { code, stdout, stderr } = await parse(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Usage: millrace');
      if (args.length > 1) expect(stdout).toContain(`Examples:\n  $ npx millrace ${args[0]}`);
    },
  );

  it.each([
    [[], 'Usage: millrace'],
    [['fly'], "unknown command 'fly'"],
    [['local', '--port', '70000'], 'whole number from 0 to 65535'],
    [['query'], 'give either a statement or --saved'],
    [['query', 'SELECT 1', '--saved', 'x'], 'give either a statement or --saved'],
    [['query', 'SELECT 1', '--json', '--csv'], 'give either --json or --csv'],
    [['query', 'SELECT 1', '--endpoint', 'here'], 'Expected a URL'],
    [['status', '--local', '--aws'], 'give one of --local, --aws and --endpoint'],
    [['redrive'], 'give --key or --all, or --dry-run'],
    [['redrive', 'shop', '--key', 'ada', '--all'], 'give either --key or --all'],
    [['redrive', '--all', '--timeout', '0'], 'whole number from 1 to 86400'],
    [['status', '--stage', 'Prod/1'], 'lower-case letter'],
  ])('does not understand %j: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await parse(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('gives its exit code to the shell', async () => {
    expect(await millrace('fly')).toMatchObject({ code: 2, stdout: '' });
    expect(await millrace('--help')).toMatchObject({ code: 0, stderr: '' });
  });

  it('fails with one sentence, and with the stack when asked', async () => {
    const plain = await millrace('status', '--endpoint', NOBODY);
    expect(plain).toEqual({
      code: 1,
      stdout: '',
      stderr: `stage dev at ${NOBODY}\nerror: nothing answers at 127.0.0.1:1\n`,
    });
    const debug = await millrace('status', '--endpoint', NOBODY, '--debug');
    expect(debug.stderr).toMatch(/ECONNREFUSED[\s\S]*\n {4}at /);
  });

  it('says what to do where there is neither AWS nor a local run', async () => {
    const { code, stderr } = await millrace('query', 'SELECT 1', '--aws');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'stage dev at AWS\nerror: no AWS region was found: set AWS_REGION, or start `npx millrace local`\n',
    );
  });
});

describe('explain', () => {
  it('names the error of a service, and never shows a stack', () => {
    const denied = Object.assign(new Error('not allowed'), { name: 'AccessDenied', $metadata: {} });
    expect(explain(denied)).toBe('AccessDenied: not allowed');
    expect(explain(new Error('plain'))).toBe('plain');
    expect(explain('text')).toBe('text');
  });
});
