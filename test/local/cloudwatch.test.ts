import { gzipSync } from 'node:zlib';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type Metric,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { decodeCbor, encodeCbor } from '../../local/services/cloudwatch/cbor.ts';
import { type CloudWatch, createCloudWatch } from '../../local/services/cloudwatch/cloudwatch.ts';
import { createMetricStore, type Window } from '../../local/services/cloudwatch/metric-store.ts';
import { statisticNamed } from '../../local/services/cloudwatch/statistics.ts';
import { single } from '../../local/services/cloudwatch/summary.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const T0 = Date.parse('2026-11-21T10:00:00Z');
const STREAM: Metric = {
  Namespace: 'AWS/Kinesis',
  MetricName: 'IncomingRecords',
  Dimensions: [{ Name: 'StreamName', Value: 's' }],
};

describe('CloudWatch', () => {
  let gateway: Gateway;
  let cloudWatch: CloudWatch;
  let client: CloudWatchClient;
  let now = T0;
  const range = (minutes: number) => ({ StartTime: new Date(T0), EndTime: new Date(T0 + minutes * MINUTE) });
  const query = (Stat: string, Period = 60, extra = {}) => ({
    Id: 'a',
    MetricStat: { Metric: STREAM, Period, Stat },
    ...extra,
  });

  beforeAll(async () => {
    gateway = await openGateway(0);
    cloudWatch = createCloudWatch({ now: () => now });
    gateway.serve([cloudWatch]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new CloudWatchClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    for (const [minute, value] of [
      [0, 10],
      [0, 30],
      [1, 5],
      [6, 1],
    ] as const) {
      now = T0 + minute * MINUTE + 12_345;
      cloudWatch.metric('AWS/Kinesis', 'IncomingRecords', { StreamName: 's' }, value);
    }
  });
  afterAll(async () => {
    client.destroy();
    await gateway.close();
  });

  it.each([
    ['Sum', [1, 5, 40]],
    ['SampleCount', [1, 1, 2]],
    ['Average', [1, 5, 20]],
    ['Minimum', [1, 5, 10]],
    ['Maximum', [1, 5, 30]],
  ])('gives the %s of each minute, the newest first', async (stat, values) => {
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({ ...range(60), MetricDataQueries: [query(stat)] }),
    );
    const times = [6, 1, 0].map((minute) => new Date(T0 + minute * MINUTE));
    expect(MetricDataResults).toEqual([
      { Id: 'a', Label: 'IncomingRecords', StatusCode: 'Complete', Timestamps: times, Values: values },
    ]);
  });

  it('joins minutes to periods, ends before EndTime, and can give the oldest first', async () => {
    const get = async (minutes: number) => {
      const MetricDataQueries = [query('Sum', 300), { ...query('Sum', 300, { ReturnData: false }), Id: 'b' }];
      const input = { ...range(minutes), MetricDataQueries, ScanBy: 'TimestampAscending' as const };
      return (await client.send(new GetMetricDataCommand(input))).MetricDataResults;
    };
    expect(await get(60)).toMatchObject([
      { Id: 'a', Timestamps: [new Date(T0), new Date(T0 + 5 * MINUTE)], Values: [45, 1] },
    ]);
    expect(await get(6)).toMatchObject([{ Values: [45] }]);
  });

  it('answers GetMetricStatistics', async () => {
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        ...STREAM,
        ...range(60),
        Period: 3600,
        Statistics: ['Sum', 'Maximum'],
      } as never),
    );
    expect(Datapoints).toEqual([{ Timestamp: new Date(T0), Unit: 'Count', Sum: 46, Maximum: 30 }]);
  });

  it('takes PutMetricData in all its forms and lists metrics', async () => {
    const at = { Timestamp: new Date(T0) };
    await client.send(
      new PutMetricDataCommand({
        Namespace: 'Own',
        MetricData: [
          { MetricName: 'm', Value: 2, ...at },
          { MetricName: 'm', Values: [1, 3], Counts: [2, 1], ...at },
          { MetricName: 'm', StatisticValues: { SampleCount: 2, Sum: 20, Minimum: 9, Maximum: 11 }, ...at },
          { MetricName: 'n', Value: 1, Dimensions: [{ Name: 'd', Value: 'x' }] },
        ],
      }),
    );
    const { Datapoints } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Own',
        MetricName: 'm',
        ...range(1),
        Period: 60,
        Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum'],
      }),
    );
    expect(Datapoints).toMatchObject([{ Sum: 27, SampleCount: 6, Minimum: 1, Maximum: 11 }]);
    const list = async (input: object) => (await client.send(new ListMetricsCommand(input))).Metrics;
    expect(await list({ Namespace: 'Own', Dimensions: [{ Name: 'd' }] })).toEqual([
      { Namespace: 'Own', MetricName: 'n', Dimensions: [{ Name: 'd', Value: 'x' }] },
    ]);
    expect(await list({ MetricName: 'IncomingRecords' })).toEqual([STREAM]);
    expect(await list({ Namespace: 'Own', Dimensions: [{ Name: 'd', Value: 'other' }] })).toEqual([]);
  });

  it.each<[string, object, string, RegExp]>([
    ['no statistic', { MetricDataQueries: [query('p101')] }, 'ValidationException', /p101 for parameter Stat/],
    ['a period of 45 s', { MetricDataQueries: [query('Sum', 45)] }, 'InvalidParameterValueException', /Period must be/],
    [
      'an empty range',
      { MetricDataQueries: [query('Sum')], EndTime: new Date(T0) },
      'InvalidParameterCombinationException',
      /StartTime must be less/,
    ],
    ['an id twice', { MetricDataQueries: [query('Sum'), query('Sum')] }, 'ValidationException', /more than once/],
    [
      'an unknown function',
      { MetricDataQueries: [{ Id: 'e', Expression: "SEARCH('x', 'Sum')" }] },
      'ValidationException',
      /'e': the function SEARCH is not emulated/,
    ],
    [
      'Metrics Insights',
      { MetricDataQueries: [{ Id: 'e', Expression: 'SELECT SUM(x) FROM y' }] },
      'ValidationException',
      /SELECT\) is not emulated/,
    ],
    [
      'a circle',
      {
        MetricDataQueries: [
          { Id: 'e', Expression: 'f + 1' },
          { Id: 'f', Expression: 'e' },
        ],
      },
      'ValidationException',
      /refers to itself/,
    ],
    [
      'a number as the result',
      { MetricDataQueries: [query('Sum'), { Id: 'e', Expression: 'SUM(a)' }] },
      'ValidationException',
      /not a time series/,
    ],
  ])('refuses %s', async (_name, input, name, message) => {
    const sent = client.send(new GetMetricDataCommand({ ...range(5), ...input } as never));
    await expect(sent).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it.each<[string, object, string, RegExp]>([
    ['no value', { MetricName: 'half' }, 'InvalidParameterCombinationException', /At least one of the parameters/],
    ['two kinds of value', { Value: 1, Values: [1] }, 'InvalidParameterCombinationException', /exclude each other/],
    ['a value out of range', { Value: 2 ** 361 }, 'InvalidParameterValueException', /-2\^360 to 2\^360/],
    ['too many values', { Values: Array(151).fill(1) }, 'InvalidParameterValueException', /more than 150/],
    ['a count too few', { Values: [1, 2], Counts: [1] }, 'InvalidParameterCombinationException', /as many members/],
    ['an old time', { Value: 1, Timestamp: new Date(T0 - 15 * DAY) }, 'InvalidParameterValueException', /two weeks/],
    [
      'an unknown unit',
      { Value: 1, Unit: 'Furlongs' },
      'InvalidParameterValueException',
      /Furlongs for parameter Unit/,
    ],
    ['a resolution of 10', { Value: 1, StorageResolution: 10 }, 'InvalidParameterValueException', /1 or 60/],
    [
      'an empty dimension',
      { Value: 1, Dimensions: [{ Name: 'd', Value: '' }] },
      'MissingRequiredParameterException',
      /Dimensions.Value/,
    ],
  ])('refuses a datum with %s, and keeps none of its call', async (_name, datum, name, message) => {
    const MetricData = [
      { MetricName: 'half', Value: 1 },
      { MetricName: 'half', ...datum },
    ];
    await expect(client.send(new PutMetricDataCommand({ Namespace: 'Own', MetricData }))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    expect((await client.send(new ListMetricsCommand({ MetricName: 'half' }))).Metrics).toEqual([]);
  });

  it('refuses a namespace of AWS’s own', async () => {
    const input = { Namespace: 'AWS/Lambda', MetricData: [{ MetricName: 'm', Value: 1 }] };
    await expect(client.send(new PutMetricDataCommand(input))).rejects.toThrow(/value AWS\/ for parameter Namespace/);
  });

  it('gives percentiles and trimmed statistics of values, none of statistic sets', async () => {
    const at = { MetricName: 'latency', Unit: 'Milliseconds' as const };
    const Values = Array.from({ length: 100 }, (_, i) => i + 1);
    const MetricData = [
      { ...at, Timestamp: new Date(T0), Values },
      { ...at, Timestamp: new Date(T0 + MINUTE), StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 } },
      {
        ...at,
        Timestamp: new Date(T0 + 2 * MINUTE),
        StatisticValues: { SampleCount: 2, Sum: 8, Minimum: 4, Maximum: 4 },
      },
    ];
    await client.send(new PutMetricDataCommand({ Namespace: 'Own', MetricData }));
    const expected = {
      p0: [1, 4],
      p50: [50, 4],
      'p99.9': [100, 4],
      p100: [100, 4],
      tm90: [45.5, 4],
      'TM(10%:90%)': [50.5, 4],
      'TM(90:100)': [95.5],
      IQM: [50.5, 4],
      'TC(:50%)': [50, 1],
      'TS(98:)': [199, 0],
      'WM(10%:90%)': [50.5, 4],
      'PR(:25)': [25, 100],
    };
    const ExtendedStatistics = Object.keys(expected);
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        ...range(5),
        Namespace: 'Own',
        MetricName: 'latency',
        Period: 60,
        ExtendedStatistics,
      }),
    );
    const found = ExtendedStatistics.map((name) => [
      name,
      Datapoints.map((point) => point.ExtendedStatistics?.[name]).filter(
        (value) => value !== undefined && value !== null,
      ),
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(Datapoints[0]?.Unit).toBe('Milliseconds');
  });

  it('keeps high-resolution values by the second, and units apart', async () => {
    const datum = (second: number, Value: number, extra: object) => ({
      MetricName: 'fine',
      Value,
      Timestamp: new Date(T0 + second * 1000),
      ...extra,
    });
    const fine = { StorageResolution: 1 };
    const MetricData = [datum(1, 1, fine), datum(4, 2, fine), datum(11, 4, fine), datum(11, 8, { Unit: 'Count' })];
    await client.send(new PutMetricDataCommand({ Namespace: 'Own', MetricData }));
    const get = async (extra: object) => {
      const MetricStat = { Metric: { Namespace: 'Own', MetricName: 'fine' }, Period: 10, Stat: 'Sum', ...extra };
      const input = {
        ...range(1),
        ScanBy: 'TimestampAscending' as const,
        MetricDataQueries: [{ Id: 'a', MetricStat }],
      };
      return (await client.send(new GetMetricDataCommand(input))).MetricDataResults?.[0]?.Values;
    };
    expect(await get({ Unit: 'None' })).toEqual([3, 4]);
    expect(await get({ Unit: 'Count' })).toEqual([8]);
    expect(await get({})).toEqual([11, 4]);
    expect(await get({ Period: 60 })).toEqual([15]);
  });

  it('counts what happens to a function among all functions, but not its concurrency', async () => {
    cloudWatch.metric('AWS/Lambda', 'Errors', { FunctionName: 'f' }, 1);
    cloudWatch.metric('AWS/Lambda', 'Errors', { FunctionName: 'g' }, 2);
    cloudWatch.metric('AWS/Lambda', 'ConcurrentExecutions', { FunctionName: 'g' }, 2);
    const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: 'AWS/Lambda' }));
    const listed = Metrics.map(({ MetricName, Dimensions }) => [MetricName, Dimensions?.[0]?.Value]);
    expect(listed).toEqual([
      ['Errors', 'f'],
      ['Errors', undefined],
      ['Errors', 'g'],
      ['ConcurrentExecutions', 'g'],
    ]);
  });

  it('gives data points in pages', async () => {
    const input = { ...range(60), MetricDataQueries: [query('Sum')], MaxDatapoints: 2 };
    const pages: (number[] | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new GetMetricDataCommand({ ...input, NextToken }));
      pages.push(page.MetricDataResults?.[0]?.Values);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toEqual([[1, 5], [40]]);
  });

  it('computes expressions over metrics and other expressions', async () => {
    const sum = query('Sum', 60, { ReturnData: false });
    const MetricDataQueries = [
      sum,
      { Id: 'b', Expression: 'IF(a > 4, 100 * a / (a + 10), 0)', Label: 'share' },
      { Id: 'c', Expression: 'SUM([a, b])', ReturnData: false },
      { Id: 'd', Expression: 'METRICS() * 2', Label: 'twice' },
    ];
    const input = { ...range(60), MetricDataQueries, ScanBy: 'TimestampAscending' as const };
    const { MetricDataResults } = await client.send(new GetMetricDataCommand(input));
    expect(MetricDataResults).toMatchObject([
      { Id: 'b', Label: 'share', Values: [80, 500 / 15, 0] },
      { Id: 'd', Label: 'twice IncomingRecords', Values: [80, 10, 2] },
    ]);
  });

  describe('in other protocols', () => {
    const post = (path: string, type: string, body: string | Buffer, headers = {}) =>
      fetch(`${gateway.endpoint}${path}`, {
        method: 'POST',
        headers: {
          authorization: 'AWS4-HMAC-SHA256 Credential=local/20261121/us-east-1/monitoring/aws4_request',
          'content-type': type,
          ...headers,
        },
        body: typeof body === 'string' ? body : new Uint8Array(body),
      });

    it('takes and answers the Query protocol', async () => {
      const form = new URLSearchParams({
        Action: 'PutMetricData',
        Version: '2010-08-01',
        Namespace: 'Form',
        'MetricData.member.1.MetricName': 'm',
        'MetricData.member.1.Value': '2.5',
        'MetricData.member.1.Timestamp': new Date(T0).toISOString(),
        'MetricData.member.1.Dimensions.member.1.Name': 'd',
        'MetricData.member.1.Dimensions.member.1.Value': '1 & <2>',
      });
      const type = 'application/x-www-form-urlencoded';
      expect((await post('/', type, form.toString())).status).toBe(200);
      const read = 'Action=GetMetricStatistics&Namespace=Form&MetricName=m&Period=60&Statistics.member.1=Sum';
      const dimension = 'Dimensions.member.1.Name=d&Dimensions.member.1.Value=1+%26+%3C2%3E';
      const times = `StartTime=${new Date(T0).toISOString()}&EndTime=${new Date(T0 + MINUTE).toISOString()}`;
      const answer = await (await post('/', type, `${read}&${dimension}&${times}`)).text();
      expect(answer).toContain(
        '<Datapoints><member><Timestamp>2026-11-21T10:00:00.000Z</Timestamp><Unit>None</Unit><Sum>2.5</Sum></member>',
      );
      const listed = await (await post('/', type, 'Action=ListMetrics&Namespace=Form')).text();
      expect(listed).toContain('<Name>d</Name><Value>1 &amp; &lt;2&gt;</Value>');
      const refused = await post('/', type, `${read}&StartTime=never&EndTime=${new Date(T0).toISOString()}`);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain('<Type>Sender</Type><Code>InvalidParameterValue</Code>');
    });

    it('takes and answers CBOR, and gzip', async () => {
      const call = (operation: string, input: object, headers = {}, change = (body: Buffer) => body) =>
        post(
          `/service/GraniteServiceVersion20100801/operation/${operation}`,
          'application/cbor',
          change(encodeCbor(input)),
          { 'smithy-protocol': 'rpc-v2-cbor', ...headers },
        );
      const MetricData = [{ MetricName: 'm', Values: [0.5, -3, 70_000], Timestamp: new Date(T0) }];
      const put = await call(
        'PutMetricData',
        { Namespace: 'Cbor', MetricData },
        { 'content-encoding': 'gzip' },
        gzipSync,
      );
      expect([put.status, put.headers.get('smithy-protocol')]).toEqual([200, 'rpc-v2-cbor']);
      const read = { Namespace: 'Cbor', MetricName: 'm', Period: 60, Statistics: ['Sum', 'Minimum'] };
      const found = await call('GetMetricStatistics', {
        ...read,
        StartTime: new Date(T0),
        EndTime: new Date(T0 + MINUTE),
      });
      expect(decodeCbor(Buffer.from(await found.arrayBuffer()))).toEqual({
        Label: 'm',
        Datapoints: [{ Timestamp: T0 / 1000, Unit: 'None', Sum: 69_997.5, Minimum: -3 }],
      });
      const refused = await call('ListMetrics', { NextToken: 'x' });
      expect(refused.headers.get('x-amzn-query-error')).toBe('InvalidNextToken;Sender');
      expect(decodeCbor(Buffer.from(await refused.arrayBuffer()))).toMatchObject({ __type: 'InvalidNextToken' });
      expect((await call('ListMetrics', {}, {}, () => Buffer.from([0x79, 0xff]))).status).toBe(400);
    });
  });
});

describe('the metric store', () => {
  const metric = { namespace: 'n', name: 'm', dimensions: { a: '1', b: '2' } };
  const kept = { unit: 'None' };
  const window = (toMs: number, periodMs = MINUTE): Window => ({ fromMs: T0, toMs, periodMs });

  it('keeps values ever more coarsely, and forgets them at last', () => {
    let now = T0 + 2 * MINUTE;
    const store = createMetricStore(() => now);
    store.add(metric, single(1), T0 + 1_000, { ...kept, isHighResolution: true });
    store.add(metric, single(2), T0 + 61_000, { ...kept, isHighResolution: true });
    const read = (periodMs: number) =>
      store.read(metric, window(now, periodMs)).map(({ startMs, summary }) => [startMs - T0, summary.sum]);
    expect(read(1_000)).toEqual([
      [1_000, 1],
      [61_000, 2],
    ]);
    now = T0 + 4 * 60 * MINUTE;
    expect(read(1_000)).toEqual([
      [0, 1],
      [MINUTE, 2],
    ]);
    now = T0 + 16 * DAY;
    expect(read(MINUTE)).toEqual([]);
    expect(read(5 * MINUTE)).toEqual([[0, 3]]);
    now = T0 + 64 * DAY;
    expect(read(5 * MINUTE)).toEqual([]);
    expect(read(60 * MINUTE)).toEqual([[0, 3]]);
    now = T0 + 456 * DAY;
    expect(read(60 * MINUTE)).toEqual([]);
  });

  it('knows a metric whatever the order of its dimensions, and keeps others apart', () => {
    const store = createMetricStore(() => T0);
    store.add(metric, single(1), T0, kept);
    store.add({ ...metric, dimensions: { b: '2', a: '1' } }, single(2), T0, kept);
    store.add({ ...metric, dimensions: { a: '1' } }, single(4), T0, kept);
    expect(store.read(metric, window(T0 + 1))).toMatchObject([{ summary: { sum: 3, count: 2 } }]);
    expect(store.list(T0)).toHaveLength(2);
    expect(store.list(T0 + 1)).toHaveLength(0);
  });

  it('holds a bounded number of metrics, and of values of each', () => {
    const store = createMetricStore(() => T0);
    for (let i = 0; i < 10_001; i++) store.add({ ...metric, name: `m${i}` }, single(1), T0, kept);
    expect(store.list(T0)).toHaveLength(10_000);
    expect(store.list(T0)[0]?.name).toBe('m1');
    for (let i = 1; i < 10_000; i++) store.add(metric, single(i), T0, kept);
    const [point] = store.read(metric, window(T0 + 1));
    expect(point?.summary.values?.size).toBeLessThan(500);
    expect(Math.abs((statisticNamed('p90')?.(point?.summary as never) ?? 0) / 9_000 - 1)).toBeLessThan(0.05);
  });
});
