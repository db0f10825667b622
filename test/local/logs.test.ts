import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { filterPattern } from '../../local/services/logs/filter-pattern.ts';
import { createLogs, type Logs } from '../../local/services/logs/logs.ts';

const T0 = Date.parse('2026-11-21T10:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('CloudWatch Logs', () => {
  let gateway: Gateway;
  let logs: Logs;
  let now = T0;

  beforeAll(async () => {
    gateway = await openGateway(0);
    logs = createLogs({ now: () => now });
    gateway.serve([logs]);
  });
  afterAll(() => gateway.close());

  // biome-ignore lint/suspicious/noExplicitAny: the shape of the answer depends on the operation
  async function call(operation: string, input: object): Promise<any> {
    const answer = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/logs/aws4_request',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Logs_20140328.${operation}`,
      },
      body: JSON.stringify(input),
    });
    return answer.json();
  }
  const provision = (type: string, properties: object) =>
    logs.provisions[type]?.({ stack: 's', logicalId: 'Stream', type, properties });
  const messages = ({ events }: { events: { message: string }[] }) => events.map(({ message }) => message);

  it('makes the groups and streams of the template', async () => {
    const group = await provision('AWS::Logs::LogGroup', { LogGroupName: 'delivery', RetentionInDays: '30' });
    expect(group).toEqual({
      ref: 'delivery',
      attributes: { Arn: 'arn:aws:logs:us-east-1:000000000000:log-group:delivery:*' },
    });
    const stream = { LogGroupName: 'delivery', LogStreamName: 'S3Delivery' };
    expect(await provision('AWS::Logs::LogStream', stream)).toEqual({ ref: 'S3Delivery', attributes: {} });
    expect(await call('DescribeLogGroups', { logGroupNamePrefix: 'del' })).toEqual({
      logGroups: [
        {
          logGroupName: 'delivery',
          arn: 'arn:aws:logs:us-east-1:000000000000:log-group:delivery:*',
          logGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:delivery',
          creationTime: T0,
          retentionInDays: 30,
          metricFilterCount: 0,
          storedBytes: 0,
          logGroupClass: 'STANDARD',
        },
      ],
    });
    const unknown = { LogGroupName: 'odd', RetentionInDays: 2 };
    expect(() => provision('AWS::Logs::LogGroup', unknown)).toThrow(/retentionInDays must be one of/);
    expect(() => provision('AWS::Logs::LogGroup', { LogGroupName: 'odd', DataProtectionPolicy: {} })).toThrow(
      /DataProtectionPolicy of a log group is not emulated/,
    );
  });

  it('takes the lines of functions, and finds them', async () => {
    for (const [stream, line] of [
      ['a', 'START'],
      ['b', '{"level":"ERROR","ms":120}'],
      ['a', '{"level":"INFO","ms":5}'],
      ['a', 'END'],
    ] as const) {
      logs.write('/aws/lambda/f', stream, line);
      now += 1_000;
    }
    const filtered = (input: object) => call('FilterLogEvents', { logGroupName: '/aws/lambda/f', ...input });
    expect(messages(await filtered({}))).toHaveLength(4);
    expect(messages(await filtered({ filterPattern: '{ $.level = "ERROR" }' }))).toEqual([
      '{"level":"ERROR","ms":120}',
    ]);
    expect(messages(await filtered({ logStreamNames: ['a'], filterPattern: '-START' }))).toHaveLength(2);
    expect(messages(await filtered({ logStreamNamePrefix: 'b' }))).toHaveLength(1);
    expect(messages(await filtered({ startTime: T0 + 1_000, endTime: T0 + 2_000 }))).toHaveLength(2);
    const first = await filtered({ limit: 3 });
    expect(first.events[1]).toMatchObject({ logStreamName: 'b', timestamp: T0 + 1_000, ingestionTime: T0 + 1_000 });
    expect(messages(await filtered({ nextToken: first.nextToken }))).toEqual(['END']);

    const { logStreams } = await call('DescribeLogStreams', {
      logGroupName: '/aws/lambda/f',
      orderBy: 'LastEventTime',
      descending: true,
    });
    expect(logStreams).toMatchObject([
      { logStreamName: 'a', firstEventTimestamp: T0, lastEventTimestamp: T0 + 3_000 },
      { logStreamName: 'b' },
    ]);
  });

  it('gives the events of a stream from its end or its head, in pages both ways', async () => {
    const get = (input: object) =>
      call('GetLogEvents', { logGroupName: '/aws/lambda/f', logStreamName: 'a', limit: 2, ...input });
    const last = await get({});
    expect(messages(last)).toEqual(['{"level":"INFO","ms":5}', 'END']);
    const before = await get({ nextToken: last.nextBackwardToken });
    expect(messages(before)).toEqual(['START']);
    const head = await get({ startFromHead: true });
    expect(messages(head)).toEqual(['START', '{"level":"INFO","ms":5}']);
    const rest = await get({ nextToken: head.nextForwardToken });
    expect(messages(rest)).toEqual(['END']);
    const none = await get({ nextToken: rest.nextForwardToken });
    expect([messages(none), none.nextForwardToken]).toEqual([[], rest.nextForwardToken]);
    expect(messages(await get({ startTime: T0 + 1, endTime: T0 + 3_000 }))).toEqual(['{"level":"INFO","ms":5}']);
    expect(await get({ nextToken: 'x' })).toMatchObject({ __type: 'InvalidParameterException' });
  });

  it('takes PutLogEvents, and says what it leaves out', async () => {
    await call('CreateLogGroup', { logGroupName: 'own' });
    await call('CreateLogStream', { logGroupName: 'own', logStreamName: 's' });
    const put = (...ages: number[]) =>
      call('PutLogEvents', {
        logGroupName: 'own',
        logStreamName: 's',
        logEvents: ages.map((age) => ({ timestamp: now - age, message: `age ${age}` })),
      });
    expect(await put(HOUR, 0, 0)).toEqual({ nextSequenceToken: '0' });
    expect(await put(15 * DAY, 14 * DAY)).toMatchObject({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } });
    expect(await put(0, -3 * HOUR)).toMatchObject({ rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 } });
    expect(await put(0, HOUR)).toMatchObject({ message: expect.stringMatching(/chronological order/) });
    expect(await put(2 * DAY, 0)).toMatchObject({ message: expect.stringMatching(/span more than 24 hours/) });
    expect(await put()).toMatchObject({ message: expect.stringMatching(/from 1 to 10000/) });
    const read = async () => messages(await call('FilterLogEvents', { logGroupName: 'own' }));
    expect(await read()).toHaveLength(5);
    await call('PutRetentionPolicy', { logGroupName: 'own', retentionInDays: 1 });
    expect(await read()).toHaveLength(4);
    expect(await put(2 * DAY)).toMatchObject({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 } });
    now += DAY;
    expect(await read()).toHaveLength(3);
    await call('DeleteRetentionPolicy', { logGroupName: 'own' });
    expect(await read()).toHaveLength(5);
    await call('DeleteLogStream', { logGroupName: 'own', logStreamName: 's' });
    expect(await read()).toEqual([]);
    await call('DeleteLogGroup', { logGroupName: 'own' });
    expect(await call('FilterLogEvents', { logGroupName: 'own' })).toMatchObject({
      __type: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    });
  });

  it('names what is there already, what is missing and what is not emulated', async () => {
    expect(await call('CreateLogGroup', { logGroupName: 'delivery' })).toMatchObject({
      __type: 'ResourceAlreadyExistsException',
    });
    const absent = { logGroupName: 'delivery', logStreamName: 'absent' };
    expect(await call('GetLogEvents', absent)).toMatchObject({ message: 'The specified log stream does not exist.' });
    expect(await call('PutSubscriptionFilter', {})).toMatchObject({
      message: 'PutSubscriptionFilter is not emulated',
    });
  });

  it('holds a bounded amount of a group', async () => {
    const line = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 20; i += 1) logs.write('big', 's', `${i} ${line}`);
    const { events } = await call('FilterLogEvents', { logGroupName: 'big', filterPattern: '19', limit: 1 });
    expect(events).toHaveLength(1);
    const { logGroups } = await call('DescribeLogGroups', { logGroupNamePrefix: 'big' });
    expect(logGroups[0].storedBytes).toBeLessThanOrEqual(17 * 1024 * 1024);
  });
});

describe('filter patterns', () => {
  const LINE = '[ERROR] Caught IllegalArgumentException in worker-1';
  const JSON_LINE = JSON.stringify({
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [{ id: 1 }, { id: 2 }],
    SomeObject: null,
    ThisFlag: true,
    latency: 55.5,
    code: '400',
    'a-b': 'x y',
  });

  it.each<[string, string, boolean]>([
    ['', LINE, true],
    ['ERROR', LINE, true],
    ['error', LINE, false],
    ['ERROR Exception', LINE, true],
    ['ERROR Missing', LINE, false],
    ['ERROR -worker', LINE, false],
    ['ERROR -other', LINE, true],
    ['?WARN ?ERROR', LINE, true],
    ['?WARN ?INFO', LINE, false],
    ['"in worker-1"', LINE, true],
    ['-"in worker-2"', LINE, true],
    ['{ $.eventType = "UpdateTrail" }', JSON_LINE, true],
    ['{ $.eventType = Update* }', JSON_LINE, true],
    ['{ $.eventType = "*Tail" }', JSON_LINE, false],
    ['{ $.sourceIPAddress != 123.123.* }', JSON_LINE, true],
    ['{ $.sourceIPAddress != 111.111.* }', JSON_LINE, false],
    ['{ $.absent != "x" }', JSON_LINE, false],
    ['{ $.arrayKey[0] = "value" }', JSON_LINE, true],
    ['{ $.arrayKey = "value" }', JSON_LINE, false],
    ['{ $.objectList[1].id = 2 }', JSON_LINE, true],
    ['{ $.SomeObject IS NULL }', JSON_LINE, true],
    ['{ $.SomeOtherObject NOT EXISTS }', JSON_LINE, true],
    ['{ $.ThisFlag IS TRUE }', JSON_LINE, true],
    ['{ $.ThisFlag IS FALSE }', JSON_LINE, false],
    ['{ $.latency >= 55.5 && $.latency < 1e2 }', JSON_LINE, true],
    ['{ $.latency > 55.5 }', JSON_LINE, false],
    ['{ $.code = 400 }', JSON_LINE, true],
    ['{ $["a-b"] = "x y" }', JSON_LINE, true],
    ['{ $.eventType = "no" && $.ThisFlag IS TRUE || $.latency > 1 }', JSON_LINE, true],
    ['{ $.latency > 1 || $.eventType = "no" && $.eventType = "never" }', JSON_LINE, true],
    ['{ ($.latency > 1 || $.eventType = "no") && $.eventType = "never" }', JSON_LINE, false],
    ['{ $.eventType = "*" }', LINE, false],
  ])('%s', (pattern, line, isFound) => {
    expect(filterPattern(pattern)(line)).toBe(isFound);
  });

  it.each<[string, RegExp]>([
    ['[a, b]', /columns .* are not emulated/],
    ['%ERR.*%', /Regular expressions .* are not emulated/],
    ['{ $.a = %x% }', /Regular expressions .* are not emulated/],
    ['ERROR ?WARN', /mix \?terms with others are not emulated/],
    ['worker-1', /worker-1 needs double quotes/],
    ['"open', /a quote has no end/],
    ['{ $.a = }', /expected a value, found }/],
    ['{ $.a = 1', /expected }, found its end/],
    ['{ $.a > x }', /> takes a number/],
    ['{ a = 1 }', /expected a selector such as \$\.level, found a/],
    ['{ $.a LIKE 1 }', /expected a comparison, found LIKE/],
  ])('refuses %s', (pattern, message) => {
    expect(() => filterPattern(pattern)).toThrow(message);
  });
});
