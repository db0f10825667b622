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
import { type CloudWatch, createCloudWatch } from '../../local/services/cloudwatch/cloudwatch.ts';
import { createMetricStore, RETENTION_MS, single } from '../../local/services/cloudwatch/metric-store.ts';

const MINUTE = 60_000;
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
    cloudWatch = createCloudWatch(() => now);
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
    expect(Datapoints).toEqual([{ Timestamp: new Date(T0), Unit: 'None', Sum: 46, Maximum: 30 }]);
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

  it.each<[string, object, RegExp]>([
    ['a percentile', { MetricDataQueries: [query('p99')] }, /p99 is not emulated/],
    ['an expression', { MetricDataQueries: [{ Id: 'e', Expression: 'a*2' }] }, /e: expressions are not emulated/],
    ['a period of 45 s', { MetricDataQueries: [query('Sum', 45)] }, /Period must be/],
    ['an empty range', { MetricDataQueries: [query('Sum')], EndTime: new Date(T0) }, /StartTime must be before/],
  ])('refuses %s', async (_name, input, message) => {
    const sent = client.send(new GetMetricDataCommand({ ...range(5), ...input } as never));
    await expect(sent).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a datum without a value and keeps none of its call', async () => {
    const MetricData = [{ MetricName: 'half', Value: 1 }, { MetricName: 'half' }];
    await expect(client.send(new PutMetricDataCommand({ Namespace: 'Own', MetricData }))).rejects.toThrow(
      /half has no Value/,
    );
    expect((await client.send(new ListMetricsCommand({ MetricName: 'half' }))).Metrics).toEqual([]);
  });
});

describe('the metric store', () => {
  const metric = { namespace: 'n', name: 'm', dimensions: { a: '1', b: '2' } };

  it('forgets minutes past the retention', () => {
    let now = T0;
    const store = createMetricStore(() => now);
    store.add(metric, single(1), now);
    now += RETENTION_MS;
    store.add(metric, single(2), now);
    expect(store.read(metric, T0, now + MINUTE, MINUTE)).toHaveLength(2);
    now += MINUTE;
    store.add(metric, single(3), now);
    expect(store.read(metric, T0, now + MINUTE, MINUTE).map(({ sum }) => sum)).toEqual([2, 3]);
  });

  it('knows a metric whatever the order of its dimensions, and keeps others apart', () => {
    const store = createMetricStore(() => T0);
    store.add(metric, single(1), T0);
    store.add({ ...metric, dimensions: { b: '2', a: '1' } }, single(2), T0);
    store.add({ ...metric, dimensions: { a: '1' } }, single(4), T0);
    expect(store.read(metric, T0, T0 + 1, MINUTE)).toMatchObject([{ sum: 3, count: 2 }]);
    expect(store.list()).toHaveLength(2);
  });

  it('holds a bounded number of metrics', () => {
    const store = createMetricStore(() => T0);
    for (let i = 0; i < 10_001; i++) store.add({ ...metric, name: `m${i}` }, single(1), T0);
    expect(store.list()).toHaveLength(10_000);
    expect(store.list()[0]?.name).toBe('m1');
  });
});
