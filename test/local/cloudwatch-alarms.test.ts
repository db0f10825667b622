import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { judge, type Rule } from '../../local/services/cloudwatch/alarms/judge.ts';
import { type CloudWatch, createCloudWatch } from '../../local/services/cloudwatch/cloudwatch.ts';

const KEEP = undefined;

/** As the user guide draws them: 0 is within the threshold, X beyond, - missing; the newest at the right. */
function judged(drawn: string, rule: Partial<Rule>) {
  const range = [...drawn].map((mark) => (mark === '-' ? undefined : Number(mark === 'X')));
  const whole = { evaluationPeriods: 3, datapointsToAlarm: 3, breaches: (value: number) => value === 1 } as const;
  return judge(range, { treatMissingData: 'missing', ...whole, ...rule });
}

describe('the judgement of an alarm', () => {
  // The tables of the CloudWatch User Guide, "How alarm state is evaluated when data is missing".
  it.each([
    [3, '0-X-X', 0, 'OK', 'OK', 'OK', 'OK'],
    [3, '0----', 2, 'OK', 'OK', 'OK', 'OK'],
    [3, '-----', 3, 'INSUFFICIENT_DATA', KEEP, 'ALARM', 'OK'],
    [3, '0XX-X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '--X--', 2, 'ALARM', KEEP, 'ALARM', 'OK'],
    [2, '0-X-X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '00X0X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0-X--', 1, 'OK', 'OK', 'ALARM', 'OK'],
    [2, '----0', 2, 'OK', 'OK', 'ALARM', 'OK'],
    [2, '---X-', 2, 'ALARM', KEEP, 'ALARM', 'OK'],
    // "Avoiding premature transitions to alarm state".
    [3, '----X', 2, KEEP, KEEP, 'ALARM', 'OK'],
    [3, '---X-', 2, KEEP, KEEP, 'ALARM', 'OK'],
  ] as const)('%i of 3 with %s', (datapointsToAlarm, drawn, filled, missing, ignore, breaching, notBreaching) => {
    const found = (treatMissingData: Rule['treatMissingData']) =>
      judged(drawn, { datapointsToAlarm, treatMissingData });
    expect(found('missing')).toMatchObject({ filled });
    const states = (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map((treat) => found(treat).state);
    expect(states).toEqual([missing, ignore, breaching, notBreaching]);
  });
});

const MINUTE = 60_000;
const T0 = Date.parse('2026-11-21T10:00:00Z');
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:operators';
const ERRORS = { Namespace: 'AWS/Lambda', MetricName: 'Errors', Dimensions: [{ Name: 'FunctionName', Value: 'f' }] };

describe('CloudWatch alarms', () => {
  let gateway: Gateway;
  let cloudWatch: CloudWatch;
  let client: CloudWatchClient;
  let now = T0;
  let isTopicThere = true;
  const published: { topic: string; subject: string; message: Record<string, unknown> }[] = [];
  const lines: string[] = [];

  beforeAll(async () => {
    gateway = await openGateway(0);
    cloudWatch = createCloudWatch({
      now: () => now,
      log: (line) => void lines.push(line),
      async publish(topic, subject, message) {
        if (!isTopicThere) throw new Error('Topic does not exist');
        published.push({ topic, subject, message: JSON.parse(message) });
      },
    });
    gateway.serve([cloudWatch]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new CloudWatchClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    client.destroy();
    await cloudWatch.close();
    await gateway.close();
  });

  const put = (input: Partial<PutMetricAlarmCommandInput>) =>
    client.send(
      new PutMetricAlarmCommand({
        AlarmName: 'errors',
        ...(input.Metrics ? {} : { ...ERRORS, Statistic: 'Sum', Period: 60 }),
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        ...input,
      }),
    );
  const alarm = async (name: string) => {
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    return MetricAlarms?.[0];
  };
  const stateOf = async (name: string) => (await alarm(name))?.StateValue;
  /** Lets the minutes go by, the alarms looked at after each. */
  const pass = async (minutes: number) => {
    for (let i = 0; i < minutes; i += 1) {
      now += MINUTE;
      await cloudWatch.evaluateAlarms();
    }
  };
  const measure = (value: number, name = 'Errors') =>
    cloudWatch.metric('AWS/Lambda', name, { FunctionName: 'f' }, value);

  it('goes to ALARM and back, tells its topic, and keeps the history', async () => {
    now = T0 + 500;
    await put({ AlarmActions: [TOPIC], OKActions: [TOPIC], AlarmDescription: 'Look.', DatapointsToAlarm: 1 });
    expect(await alarm('errors')).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors',
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Unchecked: Initial alarm creation',
      ActionsEnabled: true,
      StateUpdatedTimestamp: new Date(now),
    });
    measure(2);
    await cloudWatch.evaluateAlarms();
    expect(await stateOf('errors')).toBe('INSUFFICIENT_DATA'); // its minute is not over
    await pass(1);
    const reason =
      'Threshold Crossed: 1 out of the last 1 datapoints [2.0 (21/11/26 10:00:00)] was greater than or equal to the ' +
      'threshold (1.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> ALARM transition).';
    const found = await alarm('errors');
    expect(found).toMatchObject({ StateValue: 'ALARM', StateReason: reason });
    expect(JSON.parse(found?.StateReasonData ?? '')).toEqual({
      version: '1.0',
      queryDate: '2026-11-21T10:01:00.500+0000',
      startDate: '2026-11-21T10:00:00.000+0000',
      statistic: 'Sum',
      period: 60,
      recentDatapoints: [2],
      threshold: 1,
      evaluatedDatapoints: [{ timestamp: '2026-11-21T10:00:00.000+0000', value: 2 }],
    });
    expect(published).toEqual([
      {
        topic: TOPIC,
        subject: 'ALARM: "errors" in US East (N. Virginia)',
        message: {
          AlarmName: 'errors',
          AlarmDescription: 'Look.',
          AWSAccountId: '000000000000',
          AlarmConfigurationUpdatedTimestamp: '2026-11-21T10:00:00.500+0000',
          NewStateValue: 'ALARM',
          NewStateReason: reason,
          StateChangeTime: '2026-11-21T10:01:00.500+0000',
          Region: 'US East (N. Virginia)',
          AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors',
          OldStateValue: 'INSUFFICIENT_DATA',
          OKActions: [TOPIC],
          AlarmActions: [TOPIC],
          InsufficientDataActions: [],
          Trigger: {
            MetricName: 'Errors',
            Namespace: 'AWS/Lambda',
            StatisticType: 'Statistic',
            Statistic: 'SUM',
            Unit: null,
            Dimensions: [{ value: 'f', name: 'FunctionName' }],
            Period: 60,
            EvaluationPeriods: 1,
            DatapointsToAlarm: 1,
            ComparisonOperator: 'GreaterThanOrEqualToThreshold',
            Threshold: 1,
            TreatMissingData: 'notBreaching',
            EvaluateLowSampleCountPercentile: '',
          },
        },
      },
    ]);
    expect(lines).toEqual([`alarm errors: INSUFFICIENT_DATA → ALARM: ${reason}`]);

    // The newest value counts as long as the evaluation range has one: two periods more than the alarm's own.
    await pass(2);
    expect(await stateOf('errors')).toBe('ALARM');
    await pass(1);
    expect(await alarm('errors')).toMatchObject({
      StateValue: 'OK',
      StateReason:
        'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    });
    expect(published.map(({ subject }) => subject.split(':')[0])).toEqual(['ALARM', 'OK']);

    const history = async (input: object) =>
      (await client.send(new DescribeAlarmHistoryCommand({ AlarmName: 'errors', ...input }))).AlarmHistoryItems ?? [];
    expect((await history({})).map(({ HistorySummary }) => HistorySummary)).toEqual([
      `Successfully executed action ${TOPIC}`,
      'Alarm updated from ALARM to OK',
      `Successfully executed action ${TOPIC}`,
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      'Alarm "errors" created',
    ]);
    const [first] = await history({ HistoryItemType: 'StateUpdate', ScanBy: 'TimestampAscending', MaxRecords: 1 });
    expect(JSON.parse(first?.HistoryData ?? '')).toMatchObject({
      oldState: { stateValue: 'INSUFFICIENT_DATA' },
      newState: { stateValue: 'ALARM', stateReason: reason, stateReasonData: { threshold: 1 } },
    });
    expect(await history({ StartDate: new Date(now + 1) })).toEqual([]);
    expect(await history({ EndDate: new Date(T0 + 600) })).toHaveLength(1);
  });

  it('takes M of N, and real values from further back for missing ones', async () => {
    await pass(5);
    await put({ AlarmName: 'm-of-n', DatapointsToAlarm: 2, EvaluationPeriods: 3, TreatMissingData: 'missing' });
    measure(5);
    await pass(1);
    expect(await stateOf('m-of-n')).toBe('INSUFFICIENT_DATA');
    await pass(1);
    expect(await stateOf('m-of-n')).toBe('ALARM'); // breaching as far as is known, for as long as the rule asks
    measure(0);
    await pass(1);
    expect(await alarm('m-of-n')).toMatchObject({
      StateValue: 'OK',
      StateReason: expect.stringMatching(
        /^Threshold Crossed: 1 out of the last 3 datapoints \[0\.0 \(.*\)\] was not greater than or equal to the threshold \(1\.0\) and 1 missing datapoint was treated as \[Missing\] \(minimum 2 datapoints for ALARM -> OK transition\)\.$/,
      ),
    });
    measure(3);
    await pass(1);
    expect(await stateOf('m-of-n')).toBe('ALARM');
    await pass(5);
    expect(await alarm('m-of-n')).toMatchObject({
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Insufficient Data: 3 datapoints were unknown.',
    });
  });

  it('watches expressions: the heartbeat’s missing calls breach', async () => {
    const stat = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { ...ERRORS, MetricName }, Period: 300, Stat: 'Sum' },
    });
    await put({
      AlarmName: 'heartbeat',
      Metrics: [
        { Id: 'expr_1', Expression: 'IF(invocations > errors, 0, 1)', Label: 'No heartbeat' },
        stat('invocations', 'Calls'),
        stat('errors', 'Failures'),
      ],
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
      AlarmActions: [TOPIC],
    });
    await pass(1);
    expect(await alarm('heartbeat')).toMatchObject({
      StateValue: 'ALARM',
      StateReason:
        'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
    });
    expect(published.at(-1)?.message.Trigger).toEqual({
      Period: 300,
      EvaluationPeriods: 2,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
      EvaluateLowSampleCountPercentile: '',
      Metrics: [
        { Id: 'expr_1', Expression: 'IF(invocations > errors, 0, 1)', Label: 'No heartbeat', ReturnData: true },
        ...['Calls', 'Failures'].map((MetricName) => ({
          Id: MetricName === 'Calls' ? 'invocations' : 'errors',
          MetricStat: {
            Metric: { Dimensions: [{ value: 'f', name: 'FunctionName' }], MetricName, Namespace: 'AWS/Lambda' },
            Period: 300,
            Stat: 'Sum',
          },
          ReturnData: false,
        })),
      ],
    });
    measure(1, 'Calls');
    await pass(1);
    expect(await stateOf('heartbeat')).toBe('OK');
    for (const state of ['OK', 'ALARM']) {
      measure(1, 'Calls');
      measure(1, 'Failures');
      await pass(5);
      expect(await stateOf('heartbeat')).toBe(state); // two periods of two are needed
    }
  });

  it('waits for enough samples of a percentile when told so', async () => {
    const rule = { Namespace: 'Own', MetricName: 'latency', Dimensions: [], Statistic: undefined };
    const percentile = { ...rule, ExtendedStatistic: 'p90', Threshold: 50, EvaluateLowSampleCountPercentile: 'ignore' };
    await put({ AlarmName: 'slow', ...percentile, ComparisonOperator: 'GreaterThanThreshold' });
    const send = (Counts: number[]) =>
      client.send(
        new PutMetricDataCommand({
          Namespace: 'Own',
          MetricData: [{ MetricName: 'latency', Values: [10, 90], Counts, Timestamp: new Date(now) }],
        }),
      );
    await send([1, 98]);
    await pass(1);
    expect(await stateOf('slow')).toBe('INSUFFICIENT_DATA');
    await send([89, 11]);
    await pass(1);
    expect(await alarm('slow')).toMatchObject({
      StateValue: 'ALARM',
      StateReason: expect.stringMatching(/1 datapoint \[90\.0 \(.*\)\] was greater than the threshold \(50\.0\)\.$/),
    });
    await send([90, 10]);
    await pass(1);
    expect(await stateOf('slow')).toBe('OK');
  });

  it('sees high-resolution metrics every ten seconds', async () => {
    const metric = { Namespace: 'Own', MetricName: 'fine', Dimensions: [] };
    await put({ AlarmName: 'fine', ...metric, Period: 10 });
    const MetricData = [{ MetricName: 'fine', Value: 3, StorageResolution: 1, Timestamp: new Date(now) }];
    await client.send(new PutMetricDataCommand({ Namespace: 'Own', MetricData }));
    now += 10_000;
    await cloudWatch.evaluateAlarms();
    expect(await stateOf('fine')).toBe('ALARM');
    now += 50_000;
  });

  it('lets a state be set by hand, until it is evaluated again', async () => {
    const before = published.length;
    await client.send(new DisableAlarmActionsCommand({ AlarmNames: ['errors'] }));
    const set = (StateValue: 'ALARM' | 'OK', StateReasonData?: string) =>
      client.send(
        new SetAlarmStateCommand({ AlarmName: 'errors', StateValue, StateReason: 'a test', StateReasonData }),
      );
    await set('ALARM');
    expect(published).toHaveLength(before);
    await set('OK');
    await client.send(new EnableAlarmActionsCommand({ AlarmNames: ['errors'] }));
    await set('ALARM', '{"a":1}');
    expect(await alarm('errors')).toMatchObject({
      StateValue: 'ALARM',
      StateReason: 'a test',
      StateReasonData: '{"a":1}',
    });
    expect(published.at(-1)?.message).toMatchObject({ NewStateValue: 'ALARM', NewStateReason: 'a test' });
    const told = published.length;
    await set('ALARM');
    expect(published).toHaveLength(told); // no change, no action
    isTopicThere = false;
    await pass(1);
    isTopicThere = true;
    expect(await stateOf('errors')).toBe('OK');
    const { AlarmHistoryItems } = await client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'errors', HistoryItemType: 'Action', MaxRecords: 1 }),
    );
    expect(AlarmHistoryItems?.[0]?.HistorySummary).toBe(
      `Failed to execute action ${TOPIC}. Received error: "Topic does not exist"`,
    );
    await expect(set('OK', 'no JSON')).rejects.toMatchObject({ name: 'InvalidFormatFault' });
    const unknown = new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'x' });
    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  it('finds alarms by name, prefix, state, action and metric, in pages', async () => {
    const names = async (input: object) =>
      (await client.send(new DescribeAlarmsCommand(input))).MetricAlarms?.map(({ AlarmName }) => AlarmName);
    expect(await names({ AlarmNamePrefix: 'h' })).toEqual(['heartbeat']);
    expect(await names({ StateValue: 'INSUFFICIENT_DATA' })).toEqual(['m-of-n']);
    expect(await names({ ActionPrefix: TOPIC })).toEqual(['errors', 'heartbeat']);
    expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
    const { MetricAlarms, NextToken } = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
    expect(MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['errors', 'fine']);
    expect(await names({ NextToken })).toEqual(['heartbeat', 'm-of-n', 'slow']);
    const ofMetric = await client.send(new DescribeAlarmsForMetricCommand({ ...ERRORS, Statistic: 'Sum' }));
    expect(ofMetric.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['errors', 'm-of-n']);
  });

  it('keeps the state of an alarm that is put again, and forgets a deleted one', async () => {
    const before = await alarm('heartbeat');
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ['heartbeat', 'fine'] }));
    expect(before?.StateValue).toBe('ALARM');
    await expect(client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors', 'fine'] }))).rejects.toMatchObject({
      name: 'ResourceNotFound',
    });
    const state = await stateOf('errors');
    await put({ Threshold: 7 });
    expect(await alarm('errors')).toMatchObject({ StateValue: state, Threshold: 7, AlarmActions: [] });
  });

  it.each<[string, Partial<PutMetricAlarmCommandInput>, RegExp]>([
    ['M over N', { DatapointsToAlarm: 2 }, /DatapointsToAlarm must be less than or equal to EvaluationPeriods/],
    ['no statistic', { Statistic: undefined }, /Exactly one of Statistic and ExtendedStatistic/],
    ['a period of 90 s', { Period: 90 }, /multiple of 60/],
    ['a period of 5 s', { Period: 5 }, /10, 20, 30 or a multiple/],
    ['more than a day', { Period: 300, EvaluationPeriods: 289 }, /more than a day/],
    ['an action of EC2', { AlarmActions: ['arn:aws:automate:us-east-1:ec2:stop'] }, /ec2:stop is not emulated/],
    [
      'anomaly detection',
      { ComparisonOperator: 'GreaterThanUpperThreshold' },
      /GreaterThanUpperThreshold is not emulated/,
    ],
    ['an unknown treatment', { TreatMissingData: 'bad' }, /Option bad is not supported for TreatMissingData/],
    ['an unknown member', { EvaluationInterval: 60 }, /EvaluationInterval of an alarm is not emulated/],
    [
      'no returned data',
      { Metrics: [{ Id: 'm', MetricStat: { Metric: ERRORS, Period: 60, Stat: 'Sum' }, ReturnData: false }] },
      /not 0$/,
    ],
    ['no metric', { Metrics: [{ Id: 'e', Expression: 'TIME_SERIES(5)' }] }, /at least one metric/],
    [
      'two periods',
      {
        Metrics: [60, 120].map((Period) => ({
          Id: `m${Period}`,
          ReturnData: Period === 60,
          MetricStat: { Metric: ERRORS, Period, Stat: 'Sum' },
        })),
      },
      /the same period/,
    ],
    [
      'an expression of an unknown metric',
      {
        Metrics: [
          { Id: 'e', Expression: 'm + other' },
          { Id: 'm', ReturnData: false, MetricStat: { Metric: ERRORS, Period: 60, Stat: 'Sum' } },
        ],
      },
      /'e': there is no query other/,
    ],
  ])('refuses %s', async (_name, input, message) => {
    await expect(put({ AlarmName: 'refused', ...input })).rejects.toThrow(message);
    expect(await alarm('refused')).toBeUndefined();
  });

  it('ignores missing data of DynamoDB unless told', async () => {
    const throttled = { Namespace: 'AWS/DynamoDB', MetricName: 'ThrottledRequests', Dimensions: [] };
    await put({ AlarmName: 'dynamo', ...throttled, TreatMissingData: undefined });
    await client.send(new SetAlarmStateCommand({ AlarmName: 'dynamo', StateValue: 'ALARM', StateReason: 'x' }));
    await pass(4);
    expect(await stateOf('dynamo')).toBe('ALARM');
    await put({ AlarmName: 'dynamo', ...throttled });
    await pass(1);
    expect(await stateOf('dynamo')).toBe('OK');
  });

  it('makes what the template names', async () => {
    const provision = (type: string, properties: object) =>
      cloudWatch.provisions[type]?.({ stack: 's', logicalId: 'L', type, properties });
    const { AlarmName, ...rest } = { AlarmName: 'from-template', ...ERRORS, Statistic: 'Sum', Period: '60' };
    const rule = { EvaluationPeriods: '1', Threshold: '3', ComparisonOperator: 'GreaterThanThreshold' };
    expect(await provision('AWS::CloudWatch::Alarm', { AlarmName, ...rest, ...rule, Tags: [] })).toEqual({
      ref: 'from-template',
      attributes: { Arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:from-template' },
    });
    measure(4);
    await pass(1);
    expect(await stateOf('from-template')).toBe('ALARM');
    await provision('AWS::CloudWatch::Dashboard', { DashboardName: 'made', DashboardBody: '{"widgets":[]}' });
    const { DashboardBody } = await client.send(new GetDashboardCommand({ DashboardName: 'made' }));
    expect(DashboardBody).toBe('{"widgets":[]}');
  });

  it('keeps dashboards', async () => {
    await client.send(new PutDashboardCommand({ DashboardName: 'one', DashboardBody: '{ "widgets": [] }' }));
    const { DashboardEntries } = await client.send(new ListDashboardsCommand({ DashboardNamePrefix: 'o' }));
    expect(DashboardEntries).toMatchObject([{ DashboardName: 'one', Size: 17, LastModified: new Date(now) }]);
    const bad = new PutDashboardCommand({ DashboardName: 'two', DashboardBody: '[' });
    await expect(client.send(bad)).rejects.toMatchObject({ name: 'DashboardInvalidInputError' });
    await client.send(new DeleteDashboardsCommand({ DashboardNames: ['one'] }));
    const gone = client.send(new GetDashboardCommand({ DashboardName: 'one' }));
    await expect(gone).rejects.toMatchObject({ name: 'ResourceNotFound', message: 'Dashboard one does not exist' });
  });
});
