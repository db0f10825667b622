import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { credentialsOf } from '../../local/iam/credentials.ts';
import { ServiceError } from '../../local/services/json-api.ts';
import { createAsyncEvents } from '../../local/services/lambda/async-events.ts';
import { createLambda, type Lambda, type LambdaModel } from '../../local/services/lambda/lambda.ts';
import { ROOT } from '../support/imports.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function directory(files: Record<string, string> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'lambda-'));
  cleanUps.push(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

function open(files: Record<string, string>, options: LambdaModel = {}) {
  const code = directory(files);
  const scratchDir = directory();
  const metrics: { namespace: string; name: string; dimensions: object; value: number }[] = [];
  const lines: string[] = [];
  const assets: string[] = [];
  const lambda = createLambda(
    {
      endpoint: 'http://127.0.0.1:4566',
      stateDir: undefined,
      scratchDir,
      metric: (namespace, name, dimensions, value) => metrics.push({ namespace, name, dimensions, value }),
      log: (line) => lines.push(line),
    },
    {
      assetPath(bucket, key) {
        assets.push(`${bucket}/${key}`);
        return code;
      },
      ...options,
    },
  );
  cleanUps.push(() => lambda.close());
  const provision = async (properties: object = {}, logicalId = 'Fn') =>
    lambda.provisions['AWS::Lambda::Function']?.({
      stack: 'stack',
      logicalId,
      type: 'AWS::Lambda::Function',
      properties: {
        Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'arn:aws:iam::000000000000:role/role',
        ...properties,
      },
    });
  const invoke = async (event: unknown, name = 'stack-Fn') => {
    const answer = await lambda.invoke(name, JSON.stringify(event));
    return { ...answer, payload: JSON.parse(answer.payload) };
  };
  const log = () => readFileSync(join(scratchDir, 'logs', 'stack-Fn.log'), 'utf8');
  return { lambda, code, metrics, lines, assets, provision, invoke, log };
}

const ESM = (body: string) => ({ 'index.mjs': `export const handler = async (event, context) => { ${body} };` });

describe('provisioning', () => {
  it('takes the code from the assembly and answers with name and ARN', async () => {
    const { provision, assets, lines } = open(ESM(''));
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:stack-Fn';
    expect(await provision()).toEqual({ ref: 'stack-Fn', attributes: { Arn: arn } });
    expect(assets).toEqual(['assets/abc.zip']);
    expect(lines).toEqual([expect.stringMatching(/stack-Fn: log in .*stack-Fn\.log$/)]);
  });

  it('shortens a long name, the same way each time', async () => {
    const provisioned = await open(ESM('')).provision({}, 'L'.repeat(100));
    expect(provisioned?.ref).toMatch(/^stack-L{49}-[0-9a-f]{8}$/);
    expect(await open(ESM('')).provision({}, 'L'.repeat(100))).toEqual(provisioned);
  });

  it.each([
    [{ Runtime: 'python3.13' }, 'Runtime python3.13 is not emulated'],
    [{ Code: { ZipFile: 'x' } }, 'Code.ZipFile is not emulated'],
    [{ PackageType: 'Image' }, 'PackageType Image is not emulated'],
    [{ Layers: ['arn'] }, 'Layers are not emulated'],
    [{ Timeout: 901 }, "Value '901' at 'timeout'"],
    [{ MemorySize: 64 }, "Value '64' at 'memorySize'"],
    [{ EphemeralStorage: { Size: 511 } }, "Value '511' at 'ephemeralStorage.size'"],
    [{ Environment: { Variables: { AWS_REGION: 'x' } } }, 'Reserved keys used in this request: AWS_REGION'],
    [{ Environment: { Variables: { LONG: 'x'.repeat(4096) } } }, 'exceeded the 4KB limit'],
  ])('refuses %j', async (properties, message) => {
    await expect(open(ESM('')).provision(properties)).rejects.toThrow(message);
  });

  it('refuses settings of asynchronous events that it does not honour', async () => {
    const { lambda, provision } = open(ESM('return 1'));
    await provision();
    const make = async (properties: object) =>
      lambda.provisions['AWS::Lambda::EventInvokeConfig']?.({
        stack: 'stack',
        logicalId: 'Other',
        type: 'AWS::Lambda::EventInvokeConfig',
        properties: { FunctionName: 'stack-Fn', ...properties },
      });
    await expect(make({ MaximumRetryAttempts: 3 })).rejects.toThrow("Value '3' at 'maximumRetryAttempts'");
    await expect(make({ MaximumEventAgeInSeconds: 59 })).rejects.toThrow("Value '59' at 'maximumEventAgeInSeconds'");
    const destination = { MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: {} } };
    await expect(make(destination)).rejects.toThrow('DestinationConfig is not emulated');
    await expect(make({ FunctionName: 'none', MaximumRetryAttempts: 0 })).rejects.toThrow('Function not found');
  });

  it('knows versions, aliases and every form of the name', async () => {
    const { lambda, provision, invoke } = open(ESM('return context.invokedFunctionArn'));
    await provision();
    const make = (type: string, properties: object) =>
      lambda.provisions[type]?.({ stack: 'stack', logicalId: 'Other', type, properties });
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:stack-Fn';
    expect(await make('AWS::Lambda::Version', { FunctionName: 'stack-Fn' })).toMatchObject({
      ref: `${arn}:1`,
      attributes: { Version: '1' },
    });
    expect(await make('AWS::Lambda::Alias', { FunctionName: 'stack-Fn', Name: 'live' })).toMatchObject({
      ref: `${arn}:live`,
    });
    expect(await make('AWS::Lambda::Permission', {})).toMatchObject({ ref: 'Other' });
    const settings = { FunctionName: 'stack-Fn', Qualifier: '$LATEST', MaximumRetryAttempts: 0 };
    expect(await make('AWS::Lambda::EventInvokeConfig', settings)).toMatchObject({ ref: 'Other' });
    for (const [name, invokedArn] of [
      [arn, arn],
      [`${arn}:live`, `${arn}:live`],
      ['stack-Fn:1', `${arn}:1`],
      ['000000000000:function:stack-Fn', arn],
    ] as const) {
      expect((await invoke({}, name)).payload).toBe(invokedArn);
    }
    await expect(invoke({}, `${arn}:other`)).rejects.toThrow(`Function not found: ${arn}:other`);
    await expect(invoke({}, 'unknown')).rejects.toMatchObject({ code: 'ResourceNotFoundException', status: 404 });
  });
});

describe('an environment', () => {
  it('shows the function what Lambda shows, and of this process only PATH', async () => {
    const { provision, invoke, code } = open(ESM('return { env: process.env, cwd: process.cwd() }'));
    await provision({ Environment: { Variables: { MY_TABLE: 'table' } }, MemorySize: 256 });
    const { payload } = await invoke({});
    const role = credentialsOf('arn:aws:iam::000000000000:role/role', 'stack-Fn');
    expect(payload.cwd).toBe(code);
    expect(payload.env).toEqual({
      PATH: process.env.PATH,
      MY_TABLE: 'table',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: role.accessKeyId,
      AWS_SECRET_ACCESS_KEY: role.secretAccessKey,
      AWS_SESSION_TOKEN: role.sessionToken,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'stack-Fn',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: 'Text',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/stack-Fn',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      LAMBDA_TASK_ROOT: code,
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      _HANDLER: 'index.handler',
    });
  });

  it('gives the handler the event and a context', async () => {
    const { provision, invoke } = open(
      ESM('return { event, ...context, leftMs: context.getRemainingTimeInMillis(), ipc: typeof process.send }'),
    );
    await provision({ Timeout: 60 });
    const { payload, requestId } = await invoke({ a: [1, 'ä'] });
    expect(payload).toMatchObject({
      event: { a: [1, 'ä'] },
      awsRequestId: requestId,
      functionName: 'stack-Fn',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:stack-Fn',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/stack-Fn',
      callbackWaitsForEmptyEventLoop: true,
      ipc: 'undefined',
    });
    expect(payload.leftMs).toBeGreaterThan(50_000);
    expect(payload.leftMs).toBeLessThanOrEqual(60_000);
  });

  it('is used again, and not shared by two events at a time', async () => {
    const { provision, invoke } = open({
      'index.mjs': `let count = 0;
        export const handler = async (event) => {
          await new Promise((resolve) => setTimeout(resolve, event.ms));
          return { pid: process.pid, count: ++count };
        };`,
    });
    await provision();
    const [one, two] = await Promise.all([invoke({ ms: 300 }), invoke({ ms: 300 })]);
    expect(one?.payload.pid).not.toBe(two?.payload.pid);
    const third = await invoke({ ms: 0 });
    expect([one?.payload.pid, two?.payload.pid]).toContain(third.payload.pid);
    expect(third.payload.count).toBe(2);
  });

  it('stands still between two events: what a timer was set to do goes on in the next one', async () => {
    const { provision, invoke } = open({
      'index.mjs': `let ticks = 0;
        export const handler = async ({ set }) => {
          const before = ticks;
          if (set) setInterval(() => { ticks += 1; }, 5);
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { before, after: ticks };
        };`,
    });
    await provision();
    const first = await invoke({ set: true });
    expect(first.payload.after).toBeGreaterThan(0);
    await pause(100); // twenty ticks, if it went on
    const second = await invoke({});
    expect(second.payload.before - first.payload.after).toBeLessThan(5);
    expect(second.payload.after).toBeGreaterThan(second.payload.before);
  });

  it('that does not start in time is begun anew within its first invocation', async () => {
    const { provision, invoke } = open(
      {
        'index.mjs': `import { existsSync, writeFileSync } from 'node:fs';
          if (!existsSync('begun')) {
            writeFileSync('begun', '');
            for (;;);
          }
          export const handler = async (_, context) => context.getRemainingTimeInMillis();`,
      },
      { initMsMax: 3_000 }, // a busy machine takes a second to come to the module
    );
    await provision({ Timeout: 20 });
    const { payload, log } = await invoke({});
    expect(payload).toBeLessThan(20_000);
    expect(log[0]).toMatch(/^INIT_REPORT Init Duration: 3\d{3}\.\d\d ms\tPhase: init\tStatus: timeout$/);
    expect(log[1]).toMatch(/^START /);
    expect(log.at(-1)).not.toContain('Init Duration');
  });

  it('has the CPU that goes with its memory, if it is to', async () => {
    const { provision, invoke } = open(
      ESM(`const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
        const [usedMs, beganMs] = [used(), Date.now()];
        while (used() - usedMs < 150);
        return Date.now() - beganMs;`),
      { limitsCpu: true },
    );
    await provision({ MemorySize: 256, Timeout: 20 });
    // 150 ms of 256/1769 of a CPU take a second; what the kernel has not counted yet is up to a period.
    expect((await invoke({})).payload).toBeGreaterThan(700);
  });

  const unshared = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;
  (unshared ? it : it.skip)('has a /tmp of its own, if it is to', async () => {
    const code = mkdtempSync('/var/tmp/lambda-');
    cleanUps.push(() => rmSync(code, { recursive: true }));
    const model = { limitsTmp: true, assetPath: () => code } as LambdaModel;
    if (ROOT.startsWith('/tmp/')) {
      expect(() => open({}, model)).toThrow(/^limitsTmp: found the project in .*; expected it outside of \/tmp/);
      return;
    }
    const { provision, invoke } = open({}, model);
    const file = `/tmp/lambda-${process.pid}`;
    writeFileSync(
      join(code, 'index.mjs'),
      `import { existsSync, statfsSync, writeFileSync } from 'node:fs';
       export const handler = () => {
         const there = existsSync('${file}');
         writeFileSync('${file}', 'x');
         const { blocks, bsize } = statfsSync('/tmp');
         return [there, blocks * bsize];
       };`,
    );
    await provision({ EphemeralStorage: { Size: 600 } });
    expect((await invoke({})).payload).toEqual([false, 600 * 1024 * 1024]);
    expect((await invoke({})).payload[0]).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it('is one too many beyond the reserved concurrency', async () => {
    const { provision, invoke, metrics } = open(ESM('await new Promise((resolve) => setTimeout(resolve, 200))'));
    await provision({ ReservedConcurrentExecutions: 1 });
    const first = invoke({});
    await expect(invoke({})).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
    await first;
    expect(metrics.filter(({ name }) => name === 'Throttles').map(({ value }) => value)).toEqual([1, 0]);
    expect(metrics.filter(({ name }) => name === 'ConcurrentExecutions')).toContainEqual({
      namespace: 'AWS/Lambda',
      name: 'ConcurrentExecutions',
      dimensions: {},
      value: 1,
    });
  });

  it.each([
    ['index.handler', { 'index.cjs': 'exports.handler = async () => "cjs"' }, 'cjs'],
    ['index.handler', { 'index.js': 'module.exports = { ["hand" + "ler"]: () => "plain" }' }, 'plain'],
    ['src/app.api.main', { 'src/app.mjs': 'export const api = { main: () => "nested" }' }, 'nested'],
    [
      'index.handler',
      { 'index.mjs': 'const x = await Promise.resolve(() => "late"); export { x as handler }' },
      'late',
    ],
  ])('finds %s in %j', async (handler, files, expected) => {
    const { provision, invoke } = open(files);
    await provision({ Handler: handler });
    expect((await invoke({})).payload).toBe(expected);
  });
});

describe('a failing function', () => {
  it.each([
    ['an error', 'throw new RangeError("too far")', { errorType: 'RangeError', errorMessage: 'too far' }],
    ['a thrown text', 'throw "text"', { errorType: 'string', errorMessage: 'text', trace: [] }],
    [
      'a rejection nobody caught',
      'Promise.reject(new Error("lost")); await new Promise(() => setInterval(() => {}, 1e3))',
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    ],
    [
      'an exception nobody caught',
      'setImmediate(() => { throw new TypeError("stray") }); await new Promise(() => setInterval(() => {}, 1e3))',
      { errorType: 'TypeError', errorMessage: 'stray' },
    ],
    [
      'an exit',
      'process.exit(7)',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 7$/,
        ),
      },
    ],
    [
      'a crash',
      'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})',
      { errorMessage: expect.stringContaining('Runtime exited with error: signal: killed') },
    ],
    [
      'a response over 6 MB',
      'return "x".repeat(6 * 1024 * 1024 + 99)',
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    ],
    ['what is no JSON', 'return 1n', { errorType: 'TypeError' }],
  ])('answers with %s, and the next event succeeds', async (_, body, error) => {
    const { provision, invoke, metrics } = open(ESM(`if (event.ok) return "ok"; ${body}`));
    await provision();
    const failed = await invoke({});
    expect(failed).toMatchObject({ functionError: 'Unhandled', payload: error });
    expect(await invoke({ ok: true })).toEqual({
      payload: 'ok',
      requestId: expect.any(String),
      log: expect.anything(),
    });
    expect(metrics.filter(({ name }) => name === 'Errors').map(({ value }) => value)).toEqual([1, 0]);
  });

  it('is ended at its timeout', async () => {
    const { provision, invoke, log, metrics } = open(ESM('if (event.ok) return process.pid; for (;;);'));
    await provision({ Timeout: 1 });
    const before = (await invoke({ ok: true })).payload;
    const { payload, functionError, requestId } = await invoke({});
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(() => process.kill(before, 0)).toThrow('ESRCH');
    expect((await invoke({ ok: true })).payload).not.toBe(before);
    expect(log()).toMatch(
      new RegExp(`Z ${requestId} Task timed out after 1.00 seconds\\nEND .*\\nREPORT .*\\tStatus: timeout\\n`),
    );
    const duration = metrics.filter(({ name }) => name === 'Duration')[1];
    expect(duration?.value).toBeGreaterThanOrEqual(990);
  });

  it('is ended when it takes more memory than it has', async () => {
    const { provision, invoke } = open(ESM('const all = []; for (;;) all.push(Buffer.alloc(1e6, 1))'));
    await provision({ Timeout: 30 });
    const { payload, requestId, log } = await invoke({});
    expect(payload).toEqual({
      errorType: 'Runtime.OutOfMemory',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    expect(log.at(-1)).toMatch(/\tMax Memory Used: 128 MB\tInit.*\tStatus: error\tError Type: Runtime.OutOfMemory$/);
  });

  it.each([
    ['index.handler', { 'other.mjs': '' }, 'Runtime.ImportModuleError'],
    ['index.handler', { 'index.mjs': 'import "./missing.mjs"' }, 'Runtime.ImportModuleError'],
    ['index.handler', { 'index.mjs': 'export const handler =' }, 'Runtime.UserCodeSyntaxError'],
    ['index.other', { 'index.mjs': 'export const handler = 1' }, 'Runtime.HandlerNotFound'],
    ['index.handler', { 'index.mjs': 'export const handler = 1' }, 'Runtime.HandlerNotFound'],
    ['index', { 'index.mjs': '' }, 'Runtime.MalformedHandlerName'],
    ['../index.handler', { 'index.mjs': '' }, 'Runtime.MalformedHandlerName'],
    ['index.handler', { 'index.mjs': 'throw new EvalError("at load")' }, 'EvalError'],
    ['index.handler', { 'index.mjs': 'export const handler = (a, b, c) => c()' }, 'Runtime.CallbackHandlerDeprecated'],
  ])('tells why %s of %j cannot be loaded', async (handler, files, errorType) => {
    const { provision, invoke } = open(files);
    await provision({ Handler: handler });
    const { functionError, payload, log } = await invoke({});
    expect([functionError, payload.errorType]).toEqual(['Unhandled', errorType]);
    const reports = log
      .filter((line: string) => line.startsWith('INIT_REPORT'))
      .map((line: string) => line.split('\t')[1]);
    expect(reports).toEqual(['Phase: init', 'Phase: invoke']);
  });
});

describe('the log', () => {
  it('has every line an invocation wrote by the time it is answered, and makes metrics of EMF lines', async () => {
    const { provision, invoke, log, metrics } = open({
      'index.mjs': `export const handler = async (event) => {
        console.log('line one\\nline %d', 2, 'two');
        process.stdout.write('bare line\\n');
        console.error('to stderr');
        const _aws = { Timestamp: 1, CloudWatchMetrics: [{ Namespace: 'Mine', Dimensions: [['stage']], Metrics: [{ Name: 'rows' }] }] };
        for (let i = 0; i < 200; i++) console.log(JSON.stringify({ _aws, stage: 'dev', rows: i }));
        process.stdout.write('without an end');
      };`,
    });
    await provision();
    const { requestId } = await invoke({ secret: 'payload-text' });
    const lines = log().trimEnd().split('\n');
    expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(lines.slice(-2)).toEqual([
      `END RequestId: ${requestId}`,
      expect.stringMatching(
        /^REPORT .*\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$/,
      ),
    ]);
    const head = (level: string) => `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\t${requestId}\t${level}\t`;
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`${head('INFO')}line one\rline 2 two$`)));
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`${head('ERROR')}to stderr$`)));
    expect(lines).toEqual(expect.arrayContaining(['bare line', 'without an end']));
    expect(log()).not.toContain('payload-text');
    const mine = metrics.filter(({ namespace }) => namespace === 'Mine');
    expect(mine).toHaveLength(200);
    expect(mine[7]).toEqual({ namespace: 'Mine', name: 'rows', dimensions: { stage: 'dev' }, value: 7 });
    expect(metrics).toContainEqual({
      namespace: 'AWS/Lambda',
      name: 'Invocations',
      dimensions: { FunctionName: 'stack-Fn' },
      value: 1,
    });
  });

  it('shows the error a function ended with', async () => {
    const { provision, invoke, log } = open(ESM('throw new Error("for the log")'));
    await provision();
    await invoke({});
    expect(log()).toMatch(/ERROR\tInvoke Error \t\{"errorType":"Error","errorMessage":"for the log","stack":\[/);
  });
});

async function serve(lambda: Lambda) {
  const server = createServer((request, response) => void lambda.handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (path: string, init: RequestInit = {}) =>
    fetch(`${origin}/${path}`, { ...init, headers: { connection: 'close', ...init.headers } });
}

describe('the log as documents', () => {
  it('has what the console was given, whatever that is', async () => {
    const { provision, invoke } = open(
      ESM(`console.log('text');
        console.warn({ a: 1 });
        console.debug('%s and', 'two', { b: 2 });
        console.trace('too little');
        console.error(new RangeError('far'));
        const self = {}; self.self = self; console.info(self);
        throw new TypeError('end');`),
    );
    await provision({ LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG' } });
    const { log, requestId } = await invoke({});
    const documents = log.slice(1, -1).map((line) => JSON.parse(line));
    expect(documents.map(({ level }) => level)).toEqual(['INFO', 'WARN', 'DEBUG', 'ERROR', 'INFO', 'ERROR']);
    expect(documents[0]).toEqual({ timestamp: expect.any(String), level: 'INFO', requestId, message: 'text' });
    expect(documents.slice(1).map(({ message }) => message)).toEqual([
      { a: 1 },
      'two and { b: 2 }',
      { errorType: 'RangeError', errorMessage: 'far', stackTrace: expect.any(Array) },
      expect.stringContaining('[Circular *1]'),
      { errorType: 'TypeError', errorMessage: 'end', stackTrace: expect.any(Array) },
    ]);
  });
});

describe('the Invoke API', () => {
  async function serveInvoke(lambda: Lambda) {
    const call = await serve(lambda);
    return (name: string, body?: string, headers: Record<string, string> = {}) =>
      call(`2015-03-31/functions/${name}`, { method: 'POST', body, headers });
  }

  it('runs a function and tells of its failure in a header', async () => {
    const { lambda, provision } = open(ESM('if (event.fail) throw new Error("no"); return { got: event }'));
    await provision();
    const post = await serveInvoke(lambda);
    const ok = await post('stack-Fn/invocations', '{"a":1}');
    expect(ok.status).toBe(200);
    expect(ok.headers.get('x-amz-function-error')).toBeNull();
    expect(ok.headers.get('x-amz-executed-version')).toBe('$LATEST');
    expect(await ok.json()).toEqual({ got: { a: 1 } });
    const arn = encodeURIComponent('arn:aws:lambda:us-east-1:000000000000:function:stack-Fn');
    expect(await (await post(`${arn}/invocations?Qualifier=$LATEST`)).json()).toEqual({ got: {} });
    const failed = await post('stack-Fn/invocations', '{"fail":true}');
    expect(failed.status).toBe(200);
    expect(failed.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await failed.json()).toMatchObject({ errorMessage: 'no' });
    expect((await post('stack-Fn/invocations', '{}', { 'x-amz-invocation-type': 'DryRun' })).status).toBe(204);
  });

  it('gives the end of the log, 4 KB of it, to those who ask', async () => {
    const { lambda, provision } = open(ESM('console.log("x".repeat(5000)); console.log("last words")'));
    await provision();
    const post = await serveInvoke(lambda);
    const answer = await post('stack-Fn/invocations', '{}', { 'x-amz-log-type': 'Tail' });
    const log = Buffer.from(answer.headers.get('x-amz-log-result') ?? '', 'base64').toString();
    expect(log).toHaveLength(4096);
    expect(log).toMatch(/^x+\n.*\tlast words\nEND RequestId: .*\nREPORT RequestId: .*\n$/);
  });

  it('takes an event that nobody waits for', async () => {
    const { lambda, provision, metrics, log } = open(ESM('console.log("later " + event.n)'));
    await provision();
    const post = await serveInvoke(lambda);
    const answer = await post('stack-Fn/invocations', '{"n":7}', { 'x-amz-invocation-type': 'Event' });
    expect(answer.status).toBe(202);
    while (!metrics.some(({ name }) => name === 'Duration')) await pause(10);
    expect(log()).toContain('later 7');
    expect(log()).toContain(`START RequestId: ${answer.headers.get('x-amzn-requestid')} `);
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    const refused = await post('stack-Fn/invocations', large, { 'x-amz-invocation-type': 'Event' });
    expect(refused.status).toBe(413);
  });

  it.each([
    ['unknown/invocations', '{}', {}, 404, 'ResourceNotFoundException'],
    ['stack-Fn/invocations', 'no json', {}, 400, 'InvalidRequestContentException'],
    ['stack-Fn/invocations', '{}', { 'x-amz-invocation-type': 'Later' }, 400, 'InvalidParameterValueException'],
    ['stack-Fn/invocations', `"${'x'.repeat(6 * 1024 * 1024)}"`, {}, 413, 'RequestEntityTooLargeException'],
    ['stack-Fn/other', '{}', {}, 404, 'UnknownOperationException'],
  ])('refuses %s', async (path, body, headers, status, code) => {
    const { lambda, provision } = open(ESM(''));
    await provision();
    const response = await (await serveInvoke(lambda))(path, body, headers);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, code]);
    expect(await response.json()).toMatchObject({ Type: 'User', message: expect.any(String) });
  });
});

describe('the API for functions', () => {
  it('shows and changes functions', async () => {
    const { lambda, provision, invoke } = open(
      ESM('return [context.memoryLimitInMB, process.env.COLOUR, process.pid]'),
    );
    await provision({ Environment: { Variables: { COLOUR: 'red' } }, LoggingConfig: { LogFormat: 'JSON' } });
    const call = await serve(lambda);
    const get = async (path: string) => (await call(path)).json();
    const FN = '2015-03-31/functions/stack-Fn';
    const configuration = {
      FunctionName: 'stack-Fn',
      FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:stack-Fn',
      MemorySize: 128,
      Timeout: 3,
      Environment: { Variables: { COLOUR: 'red' } },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '/aws/lambda/stack-Fn' },
    };
    expect(await get(`${FN}/configuration`)).toMatchObject(configuration);
    expect(await get(FN)).toMatchObject({ Configuration: configuration });
    expect(await get('2015-03-31/functions/')).toMatchObject({ Functions: [configuration] });
    expect((await call('2015-03-31/functions/other')).status).toBe(404);

    const { payload: before, log } = await invoke({});
    expect(before.slice(0, 2)).toEqual(['128', 'red']);
    expect(log.map((line) => JSON.parse(line))).toEqual([
      {
        time: expect.any(String),
        type: 'platform.start',
        record: { requestId: expect.any(String), version: '$LATEST' },
      },
      {
        time: expect.any(String),
        type: 'platform.report',
        record: {
          requestId: expect.any(String),
          metrics: {
            durationMs: expect.any(Number),
            billedDurationMs: expect.any(Number),
            memorySizeMB: 128,
            maxMemoryUsedMB: expect.any(Number),
            initDurationMs: expect.any(Number),
          },
          status: 'success',
        },
      },
    ]);
    const put = (path: string, body: object) => call(path, { method: 'PUT', body: JSON.stringify(body) });
    await put(`${FN}/configuration`, { MemorySize: 256, Environment: { Variables: { COLOUR: 'blue' } } });
    const { payload: after } = await invoke({});
    expect(after.slice(0, 2)).toEqual(['256', 'blue']);
    expect(after[2]).not.toBe(before[2]);
    expect((await put(`${FN}/configuration`, { Runtime: 'nodejs22.x' })).status).toBe(400);
    expect((await put(`${FN}/configuration`, { Timeout: 0 })).status).toBe(400);
  });

  it('reserves concurrency', async () => {
    const { lambda, provision, invoke } = open(ESM('return 1'));
    await provision();
    const call = await serve(lambda);
    const body = JSON.stringify({ ReservedConcurrentExecutions: 0 });
    const put = await call('2017-10-31/functions/stack-Fn/concurrency', { method: 'PUT', body });
    expect(await put.json()).toEqual({ ReservedConcurrentExecutions: 0 });
    const refused = await call('2015-03-31/functions/stack-Fn/invocations', { method: 'POST', body: '{}' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
    });
    expect(await (await call('2019-09-30/functions/stack-Fn/concurrency')).json()).toEqual(JSON.parse(body));
    await call('2017-10-31/functions/stack-Fn/concurrency', { method: 'DELETE' });
    expect((await invoke({})).payload).toBe(1);
  });
});

describe('events that nobody waits for', () => {
  const TOO_MANY = new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);

  /** Runs a function whose attempts end as told, and gives when it was run, in seconds. */
  async function follow(endings: ('ok' | 'failed' | 'throttled')[], changes: object = {}) {
    const clock = createVirtualClock(0);
    const seconds: number[] = [];
    const counts: string[] = [];
    const fn = {
      definition: { name: 'fn' },
      asyncRetriesMax: 2,
      asyncAgeMaxMs: 21_600_000,
      ...changes,
      async run() {
        seconds.push(clock.now() / 1000);
        const ending = endings.shift();
        if (ending === 'throttled') throw TOO_MANY;
        if (endings.length === 0) done = true;
        return ending === 'failed' ? { functionError: 'Unhandled' } : {};
      },
    };
    let done = false;
    const events = createAsyncEvents(() => {}, clock);
    cleanUps.push(() => events.close());
    events.take(fn as never, { functionArn: 'arn', payload: '{}' }, (name) => {
      counts.push(name);
      if (name === 'AsyncEventsDropped') done = true;
    });
    await clock.runUntil(() => done, 1e9);
    return { seconds, counts };
  }

  it('are tried again after one minute and after two more', async () => {
    expect(await follow(['failed', 'failed', 'ok'])).toMatchObject({ seconds: [0, 60, 180] });
    const dropped = await follow(['failed', 'failed', 'failed', 'ok']);
    expect(dropped).toEqual({ seconds: [0, 60, 180], counts: ['AsyncEventsReceived', 'AsyncEventsDropped'] });
    expect(await follow(['failed', 'ok'], { asyncRetriesMax: 0 })).toMatchObject({ seconds: [0] });
  });

  it('wait while the function is throttled, which is no attempt, until they are too old', async () => {
    expect(await follow(['throttled', 'throttled', 'failed', 'ok'])).toMatchObject({ seconds: [0, 1, 3, 63] });
    const old = await follow(['throttled', 'throttled', 'throttled', 'ok'], { asyncAgeMaxMs: 5_000 });
    expect(old).toEqual({ seconds: [0, 1, 3], counts: ['AsyncEventsReceived', 'AsyncEventsDropped'] });
  });
});

describe('the end of the processes', () => {
  /** A handler that holds a connection to the test: its end tells of the end of the process. */
  const HOLDS = ESM(`const { connect } = await import('node:net');
    globalThis.socket = connect(event.port, '127.0.0.1');
    await new Promise((resolve) => globalThis.socket.on('connect', resolve));
    if (event.hang) await new Promise(() => {});
    return process.pid;`);

  async function listen() {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
    const connected = once(server, 'connection').then(([socket]: Socket[]) => {
      socket?.on('error', () => {});
      return { ended: once(socket as Socket, 'close') };
    });
    return { port: (server.address() as AddressInfo).port, connected };
  }

  it('close() ends them, and tells a caller that its event was cut off', async () => {
    const { lambda, provision, invoke } = open(HOLDS);
    await provision({ Timeout: 60 });
    const { port, connected } = await listen();
    const cutOff = expect(invoke({ port, hang: true })).rejects.toMatchObject({
      code: 'ServiceException',
      status: 500,
    });
    const { ended } = await connected;
    await lambda.close();
    await Promise.all([cutOff, ended]);
    await expect(invoke({ port })).rejects.toMatchObject({ code: 'ServiceException' });
  });

  it('they do not outlive a parent that is killed', async () => {
    const { port, connected } = await listen();
    const code = directory(HOLDS);
    const program = join(code, 'parent.mjs');
    const lambdaUrl = new URL('../../local/services/lambda/lambda.ts', import.meta.url).href;
    writeFileSync(
      program,
      `import { createLambda } from ${JSON.stringify(lambdaUrl)};
       const dir = ${JSON.stringify(code)};
       const context = { endpoint: '', scratchDir: dir, metric() {}, log() {} };
       const lambda = createLambda(context, { assetPath: () => dir });
       lambda.provisions['AWS::Lambda::Function']({ stack: 's', logicalId: 'f', properties: {
         Code: { S3Bucket: 'b', S3Key: 'k' }, Handler: 'index.handler', Runtime: 'nodejs24.x' } });
       await lambda.invoke('s-f', '{"port":${port}}');
       process.send('invoked');
       setInterval(() => {}, 1000);`,
    );
    const parent = fork(program, { execArgv: ['--no-warnings'] });
    cleanUps.push(() => parent.kill('SIGKILL'));
    await once(parent, 'message');
    const { ended } = await connected;
    parent.kill('SIGKILL');
    await ended;
  });
});
