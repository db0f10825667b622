import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClosers } from '../../local/closers.ts';
import { type FaultRule, readRule } from '../../local/faults/rules.ts';
import { createFaults } from '../../local/faults.ts';
import { createMapping } from '../../local/mapping/mapping.ts';
import { createLambda } from '../../local/services/lambda/lambda.ts';
import { createMemoryStream, STREAM_ARN } from '../support/memory-stream.ts';

let closers = createClosers();
afterEach(async () => {
  await closers.close();
  closers = createClosers();
});

/** Notes each batch in a file when it begins, and answers after `waitMs`. */
const code = (waitMs: number) => `
import { appendFileSync } from 'node:fs';
export const handler = async ({ Records = [] }) => {
  const batch = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  appendFileSync('begun.txt', batch.join(',') + '\\n');
  await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
  return { batchItemFailures: [] };
};`;

/** A function of a second's timeout, and the rules about it. */
async function open(waitMs: number, ...rules: FaultRule[]) {
  const scratchDir = mkdtempSync(join(tmpdir(), 'faults-lambda-'));
  closers.add({ close: () => rmSync(scratchDir, { recursive: true }) });
  writeFileSync(join(scratchDir, 'index.mjs'), code(waitMs));
  const measured = new EventEmitter();
  const lines: string[] = [];
  const context = {
    endpoint: 'http://127.0.0.1:1',
    stateDir: undefined,
    scratchDir,
    metric: (_namespace: string, name: string, _dimensions: object, value: number) => void measured.emit(name, value),
    log: (line: string) => void lines.push(line),
  };
  const faults = createFaults({ rules, seed: 1 });
  const { nextDisturbance } = faults;
  const lambda = closers.add(createLambda(context, { assetPath: () => scratchDir, nextDisturbance }));
  const resource = { stack: 'stack', logicalId: 'Fn' };
  await lambda.provisions['AWS::Lambda::Function']?.({
    ...resource,
    type: 'AWS::Lambda::Function',
    properties: {
      Code: { S3Bucket: 'b', S3Key: 'k' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 1,
      Role: 'arn:aws:iam::000000000000:role/role',
    },
  });
  const invoker = faults.invoker(lambda);
  const begun = () => readFileSync(join(scratchDir, 'begun.txt'), 'utf8').trim().split('\n');
  return { context, faults, invoker, measured, lines, begun, resource };
}

describe('an invocation', () => {
  it('is killed in the middle, and answered as AWS does', async () => {
    const { invoker, begun, faults } = await open(10_000, readRule('lambda:Invoke:kill:1:300'));
    const { functionError, payload } = await invoker.invoke('stack-Fn', '{}');
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/^RequestId: .* Error: Runtime exited with error: signal: killed$/),
    });
    expect(begun()).toHaveLength(1);
    expect(faults.state.rules).toMatchObject([{ met: 1, injected: 1 }]);
  });

  it('stands still until the timeout, and answered as AWS does', async () => {
    const { invoker, begun, faults } = await open(600, readRule('lambda:Invoke:timeout:1:300'));
    const started = performance.now();
    const { functionError, payload } = await invoker.invoke('stack-Fn', '{}');
    expect(performance.now() - started).toBeGreaterThan(999);
    expect([functionError, JSON.parse(payload).errorType]).toEqual(['Unhandled', 'Sandbox.Timedout']);
    expect(begun()).toHaveLength(1);
    expect(faults.state.rules).toMatchObject([{ met: 1, injected: 1 }]);
  });

  it('goes well when it ends before its time, and that is not counted', async () => {
    const { invoker, faults } = await open(
      0,
      readRule('lambda:Invoke:kill:1:900'),
      readRule('lambda:Invoke:timeout:1:900'),
    );
    for (let i = 0; i < 3; i++) expect((await invoker.invoke('stack-Fn', '{}')).functionError).toBeUndefined();
    expect(faults.state.rules).toMatchObject([
      { met: 3, injected: 0 },
      { met: 0, injected: 0 },
    ]);
  });
});

describe('the mapping', () => {
  it.each([
    ['lambda:Invoke:kill:1:300', 600, ['a,b', 'a', 'b'], /Runtime\.ExitError/],
    ['lambda:Invoke:timeout:1:300', 600, ['a,b', 'a', 'b'], /Sandbox\.Timedout/],
    ['lambda:Invoke:throttle:1', 0, ['a,b'], /TooManyRequestsException|Rate Exceeded/],
    ['lambda:Invoke:error:1', 0, ['a,b'], /Internal server error/],
    ['lambda:Invoke:lost-answer:1', 0, ['a,b', 'a,b'], /The answer was lost/],
    ['lambda:Invoke:latency:1:20', 0, ['a,b'], undefined],
  ])('sees what AWS would tell it and tries again: %s', async (text, waitMs, batches, reason) => {
    const rule = { ...readRule(text), times: 1 };
    const { context, faults, invoker, measured, lines, begun, resource } = await open(waitMs, rule);
    const reader = createMemoryStream();
    reader.open('shardId-000000000000');
    reader.put('shardId-000000000000', Date.now(), 'a', 'b');
    const done = once(measured, 'done');
    let left = batches.length;
    measured.on('Duration', () => {
      left -= 1;
      if (left === 0) measured.emit('done');
    });
    const mapping = closers.add(createMapping(context, { reader, lambda: invoker, backOffBaseMs: 10 }));
    await mapping.provisions['AWS::Lambda::EventSourceMapping']?.({
      ...resource,
      type: 'AWS::Lambda::EventSourceMapping',
      properties: {
        EventSourceArn: STREAM_ARN,
        FunctionName: 'stack-Fn',
        StartingPosition: 'TRIM_HORIZON',
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    });
    await done;
    expect(begun()).toEqual(batches);
    expect(faults.state.rules).toMatchObject([{ injected: 1 }]);
    if (reason) expect(lines.join('\n')).toMatch(reason);
  });
});
