import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../../local/services/json-api.ts';
import type { FunctionInvoker } from '../../local/services/lambda/lambda.ts';
import {
  base64,
  lambdaOf,
  type ObjectStore,
  openObjectStore,
  processing,
  processor,
  type RunningFirehose,
  runFirehose,
  type TransformEvent,
  textOf,
} from '../support/firehose-service.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:shape:$LATEST';
const lambdaProcessor = (more: Record<string, string | number> = {}) =>
  processor('Lambda', { LambdaArn: FUNCTION, BufferSizeInMBs: 1, BufferIntervalInSeconds: 0, ...more });

let store: ObjectStore;
let running: RunningFirehose | undefined;

beforeAll(async () => {
  store = await openObjectStore();
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  store.objects.clear();
});
afterAll(() => store.close());

/** Puts texts through a function and gives what was delivered, and what went to the error output. */
async function through(lambda: FunctionInvoker, texts: readonly string[], processors: object[] = [lambdaProcessor()]) {
  running = await runFirehose(store, { lambda, bufferSeconds: 0 });
  await running.make({ Prefix: 'ok/', ErrorOutputPrefix: 'bad/', ...processing(...processors) });
  await running.put(...texts);
  await running.service.delivered();
  const lines = store.text('lake/bad/').split('\n').filter(Boolean);
  return { text: store.text('lake/ok/'), failures: lines.map((line) => JSON.parse(line)) };
}

const ok = ({ recordId }: { recordId: string }, text: string, more = {}) => ({
  recordId,
  result: 'Ok',
  data: base64(text),
  ...more,
});

describe('Firehose: transformation by Lambda', () => {
  it('sends the event Firehose sends and delivers what comes back', async () => {
    const events: TransformEvent[] = [];
    const lambda = lambdaOf((event) => {
      events.push(event);
      return { records: event.records.map((record) => ok(record, textOf(record).toUpperCase())).reverse() };
    });
    const { text, failures } = await through(lambda, ['a', 'b', 'c']);
    expect(text).toBe('ABC');
    expect(failures).toEqual([]);
    expect(events).toEqual([
      {
        invocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        deliveryStreamArn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/rows',
        region: 'us-east-1',
        records: ['a', 'b', 'c'].map((data) => ({
          recordId: expect.stringMatching(/^49\d{60}$/),
          approximateArrivalTimestamp: expect.any(Number),
          data: base64(data),
        })),
      },
    ]);
    expect(new Set(events[0]?.records.map(({ recordId }) => recordId)).size).toBe(3);
    expect(running?.metrics.get('SucceedProcessing.Records')).toEqual([3]);
    expect(running?.metrics.get('SucceedProcessing.Bytes')).toEqual([3]);
    expect(running?.metrics.get('ExecuteProcessing.Success')).toEqual([1]);
    expect(running?.metrics.get('ExecuteProcessing.Duration')).toHaveLength(1);
  });

  it('drops, fails and delivers record by record', async () => {
    const answers: Record<string, (record: { recordId: string }) => object[]> = {
      ok: (record) => [ok(record, 'OK')],
      empty: (record) => [ok(record, '')],
      dropped: ({ recordId }) => [{ recordId, result: 'Dropped' }],
      failed: ({ recordId }) => [{ recordId, result: 'ProcessingFailed', data: base64('x') }],
      odd: ({ recordId }) => [{ recordId, result: 'Fine', data: base64('x') }],
      null: ({ recordId }) => [{ recordId, result: 'Ok', data: null }],
      raw: ({ recordId }) => [{ recordId, result: 'Ok', data: 'not base64!' }],
      twice: (record) => [ok(record, '1'), ok(record, '2')],
      missing: () => [],
      foreign: (record) => [ok(record, 'F'), { recordId: 'unknown', result: 'Ok', data: base64('x') }],
    };
    const lambda = lambdaOf(({ records }) => ({
      records: records.flatMap((record) => answers[textOf(record)]?.(record) ?? []),
    }));
    const { text, failures } = await through(lambda, Object.keys(answers));
    expect(text).toBe('OKF');
    expect(failures.map(({ rawData, errorCode }) => [textOf({ data: rawData }), errorCode])).toEqual([
      ['failed', 'Lambda.ProcessingFailedStatus'],
      ['odd', 'Lambda.FunctionError'],
      ['null', 'Lambda.InvalidReturnFormat'],
      ['raw', 'Lambda.JsonMappingException'],
      ['twice', 'Lambda.DuplicatedRecordId'],
      ['missing', 'Lambda.MissingRecordId'],
    ]);
    expect(failures[0]).toEqual({
      attemptsMade: 1,
      arrivalTimestamp: expect.any(Number),
      errorCode: 'Lambda.ProcessingFailedStatus',
      errorMessage: 'ProcessingFailed status set for record',
      attemptEndingTimestamp: expect.any(Number),
      rawData: base64('failed'),
      lambdaArn: FUNCTION,
    });
    expect(store.keys('lake/bad/')).toEqual([expect.stringMatching(/^lake\/bad\/rows-1-[^/]*$/)]);
    expect(running?.metrics.get('SucceedProcessing.Records')).toEqual([4]);
  });

  it('takes an answer without records for one that leaves all out', async () => {
    const { failures } = await through(
      lambdaOf(() => null),
      ['a', 'b'],
    );
    expect(failures.map(({ errorCode, attemptsMade }) => [errorCode, attemptsMade])).toEqual([
      ['Lambda.MissingRecordId', 1],
      ['Lambda.MissingRecordId', 1],
    ]);
  });

  it.each([
    ['a function that fails', lambdaOf(() => ({ errorType: 'Error' }), 'Unhandled'), 'Lambda.FunctionError', 2],
    [
      'a timeout',
      lambdaOf(() => ({ errorType: 'Sandbox.Timedout', errorMessage: 'x' }), 'Unhandled'),
      'Lambda.FunctionTimedOut',
      2,
    ],
    ['a throttle', refusing('TooManyRequestsException'), 'Lambda.InvokeLimitExceeded', 2],
    ['an error of the service', refusing('ServiceException'), 'Lambda.InternalServerError', 2],
    ['a lost call', refusing('Strange'), 'Lambda.InvocationFailure', 2],
    ['a function that is not there', refusing('ResourceNotFoundException'), 'Lambda.ResourceNotFound', 1],
    ['a function it may not call', refusing('AccessDeniedException'), 'Lambda.InvokeAccessDenied', 1],
  ])('tells by its code: %s', async (_, lambda, code, attempts) => {
    const { failures } = await through(lambda, ['a'], [lambdaProcessor({ NumberOfRetries: 1 })]);
    expect(failures).toEqual([expect.objectContaining({ errorCode: code, attemptsMade: attempts })]);
    expect(running?.metrics.get('ExecuteProcessing.Success')).toEqual(Array.from({ length: attempts }, () => 0));
  });

  it('succeeds at a later try: there are four unless told', async () => {
    let tries = 0;
    const lambda = lambdaOf(({ records }) => {
      tries += 1;
      if (tries < 3) throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);
      return { records: records.map((record) => ok(record, 'done')) };
    });
    expect(await through(lambda, ['a'])).toEqual({ text: 'done', failures: [] });
    expect(tries).toBe(3);
  });

  it('keeps events under six megabytes and at most five under way', async () => {
    let open = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const lambda = lambdaOf(async (event) => {
      sizes.push(JSON.stringify(event).length);
      most = Math.max(most, ++open);
      await gate.promise;
      open -= 1;
      return { records: event.records.map((record) => ok(record, '.')) };
    });
    running = await runFirehose(store, { lambda, bufferSeconds: 600 });
    await running.make({
      Prefix: 'ok/',
      ...processing(lambdaProcessor({ BufferSizeInMBs: 0.2, BufferIntervalInSeconds: 900 })),
    });
    for (let i = 0; i < 8; i++) await running.put('x'.repeat(300_000));
    const small = Array.from({ length: 500 }, () => 's');
    for (let i = 0; i < 30; i++) await running.put(...small);
    expect(open).toBe(5);
    gate.resolve();
    await running.service.close();
    expect(store.text('lake/ok/')).toHaveLength(8 + 15_000);
    expect(most).toBe(5);
    // Eight of the large ones by size; 15,000 of one byte weigh little and make two events
    expect(sizes).toHaveLength(10);
    expect(Math.max(...sizes)).toBeLessThan(6 * 1024 * 1024);
  });

  it('partitions by what the function says', async () => {
    const lambda = lambdaOf(({ records }) => ({
      records: records.map((record) =>
        ok(record, `${textOf(record)}\n`, {
          metadata: { partitionKeys: textOf(record) === '-' ? {} : { who: textOf(record) } },
        }),
      ),
    }));
    running = await runFirehose(store, { lambda, bufferSeconds: 0 });
    await running.make({
      Prefix: 'who=!{partitionKeyFromLambda:who}/',
      ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/',
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
      DynamicPartitioningConfiguration: { Enabled: true },
      ...processing(lambdaProcessor()),
    });
    await running.put('ann', 'bob', '-', 'ann');
    await running.service.delivered();
    expect(store.text('lake/who=ann/')).toBe('ann\nann\n');
    expect(store.text('lake/who=bob/')).toBe('bob\n');
    expect(JSON.parse(store.text('lake/bad/processing-failed/'))).toMatchObject({
      errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
      errorMessage: 'partitionKeys values must not be null or empty',
      rawData: base64('-\n'),
    });
  });

  it('gets sub-records: they are taken out before', async () => {
    const seen: string[] = [];
    const lambda = lambdaOf(({ records }) => {
      seen.push(...records.map(textOf));
      return { records: records.map((record) => ok(record, textOf(record))) };
    });
    running = await runFirehose(store, { lambda, bufferSeconds: 0 });
    await running.make({
      Prefix: '!{partitionKeyFromQuery:k}/',
      ErrorOutputPrefix: 'bad/',
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
      DynamicPartitioningConfiguration: { Enabled: true },
      ...processing(
        processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: base64('##') }),
        lambdaProcessor(),
        processor('MetadataExtraction', { MetadataExtractionQuery: '{k: .k}', JsonParsingEngine: 'JQ-1.6' }),
        processor('AppendDelimiterToRecord'),
      ),
    });
    await running.put('{"k":1}##{"k":2}####{"k":1}', '{"k":2}');
    await running.service.delivered();
    expect(seen).toEqual(['{"k":1}', '{"k":2}', '{"k":1}', '{"k":2}']);
    expect([store.text('lake/1/'), store.text('lake/2/')]).toEqual(['{"k":1}\n{"k":1}\n', '{"k":2}\n{"k":2}\n']);
  });
});

function refusing(code: string): FunctionInvoker {
  return lambdaOf(() => {
    throw new ServiceError(code, 'refused');
  });
}
