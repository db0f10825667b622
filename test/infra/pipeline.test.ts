import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { addStage, type Json, newApp, synthesise } from './stage.ts';

const stage = synthesise();

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

describe('the stream', () => {
  it('is encrypted, and kept when its stack is deleted', () => {
    const stream = stage.one('AWS::Kinesis::Stream');
    expect(stream.DeletionPolicy).toBe('Retain');
    expect(stream.Properties).toMatchObject({
      Name: 'millrace-dev-events',
      ShardCount: 2,
      RetentionPeriodHours: 24,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });
});

describe('the mapping', () => {
  it('states every setting', () => {
    const { Tags: _tags, ...settings } = stage.one('AWS::Lambda::EventSourceMapping', 'Mapping').Properties;
    expect(settings).toEqual({
      BatchSize: 500,
      BisectBatchOnFunctionError: true,
      DestinationConfig: {
        OnFailure: {
          Destination: expect.objectContaining({ 'Fn::ImportValue': expect.stringContaining('LakeFilesBucket') }),
        },
      },
      Enabled: true,
      EventSourceArn: expect.anything(),
      FunctionName: expect.anything(),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumBatchingWindowInSeconds: 2,
      MaximumRecordAgeInSeconds: 23 * 3_600,
      MaximumRetryAttempts: -1,
      MetricsConfig: { Metrics: ['EventCount'] },
      ParallelizationFactor: 1,
      StartingPosition: 'TRIM_HORIZON',
      TumblingWindowInSeconds: 0,
    });
  });

  it('refuses concurrent batches of a shard, saying why', () => {
    expect(() => addStage(newApp(), { parallelizationFactor: 2 })).toThrow(
      /'parallelizationFactor': found 2; expected 1: a pipeline drops copies by its shard's one position/,
    );
  });
});

describe('the function', () => {
  it('is arm64 on Node 24, logs JSON to a group that forgets, and is told where everything is', () => {
    const { Properties } = stage.one('AWS::Lambda::Function', 'Process');
    expect(Properties).toMatchObject({
      FunctionName: 'millrace-dev-orders',
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO' },
      MemorySize: 1_024,
      Timeout: 60,
    });
    expect(Object.keys(Properties.Environment.Variables)).toEqual([
      'MILLRACE_PIPELINE',
      'MILLRACE_PIPELINES',
      'MILLRACE_EPOCH',
      'MILLRACE_LOG_TABLE',
      'MILLRACE_DELIVERY_STREAMS',
      'MILLRACE_ALERT_TOPICS',
      'MILLRACE_VIEW_TABLES',
      'MILLRACE_STREAMS',
      'MILLRACE_BUCKET',
      'MILLRACE_STREAM_ARN',
      'POWERTOOLS_SERVICE_NAME',
      'POWERTOOLS_METRICS_NAMESPACE',
      'NODE_OPTIONS',
    ]);
    const { MILLRACE_DELIVERY_STREAMS: streams } = Properties.Environment.Variables;
    const joined = streams['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : '?')).join('');
    expect(JSON.parse(joined)).toEqual({ orders: '?', orders_by_day: '?', quarantine: '?' });
    const { EventSourceArn } = stage.one('AWS::Lambda::EventSourceMapping', 'Mapping').Properties;
    expect(Properties.Environment.Variables.MILLRACE_STREAM_ARN).toEqual(EventSourceArn);
    for (const group of stage.of('AWS::Logs::LogGroup')) expect(group.Properties.RetentionInDays).toBe(30);
  });
});

describe('the commit log', () => {
  it('cannot be lost by mistake', () => {
    const { DeletionPolicy, Properties } = stage.one('AWS::DynamoDB::Table');
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties).toMatchObject({
      TableName: 'millrace-dev-orders-log',
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
  });
});

describe('alarms', () => {
  it('all tell the operator, with what they mean and where the runbook is; one alone is not quiet without data', () => {
    const alarms = stage.of('AWS::CloudWatch::Alarm');
    expect(alarms.map(({ Properties }) => Properties.AlarmName).sort()).toMatchSnapshot();
    for (const { Properties } of alarms) {
      const [, section] = /\. See docs\/runbook\.md#([a-z-]+)$/.exec(Properties.AlarmDescription) ?? [];
      expect(runbook).toContain(`\n## ${section}\n`);
      const isHeartbeat = Properties.AlarmName === 'millrace-dev-heartbeat';
      expect(Properties.TreatMissingData).toBe(isHeartbeat ? 'breaching' : 'notBreaching');
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });

  it('go to one topic, encrypted and TLS only, that CloudWatch of this account may use', () => {
    expect(stage.one('AWS::SNS::Topic').Properties.KmsMasterKeyId).toBeDefined();
    const [tls, publish] = stage.one('AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement;
    expect(tls).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(publish).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    // In a key's policy `*` means this key; the account's root may do everything with it, or nobody could ever again.
    const [root, cloudwatch] = stage.one('AWS::KMS::Key').Properties.KeyPolicy.Statement;
    expect(root).toMatchObject({ Action: 'kms:*', Principal: { AWS: expect.anything() } });
    expect(cloudwatch).toMatchObject({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] });
  });
});

describe('an alarm on what the function counts', () => {
  /** Statistic and metric; period in seconds; threshold; periods that must breach, of how many. */
  const ruleOf = (name: string) => {
    const alarm = `millrace-dev-orders-${name}`;
    const found = stage.of('AWS::CloudWatch::Alarm').filter(({ Properties }) => Properties.AlarmName === alarm);
    const [rule]: Json[] = found.map(({ Properties }) => Properties);
    const { Threshold, DatapointsToAlarm, EvaluationPeriods } = rule;
    expect(rule.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
    const [{ Metric, Period, Stat }] = rule.Metrics.map(({ MetricStat }: Json) => MetricStat);
    expect(Metric).toMatchObject({ Namespace: 'Millrace', Dimensions: [{ Name: 'service', Value: 'orders' }] });
    return [`${Stat} ${Metric.MetricName}`, Period, Threshold, `${DatapointsToAlarm} of ${EvaluationPeriods}`];
  };

  it('of parked records begins with the first and does not end between two batches of a quiet shard', () => {
    expect(ruleOf('parked')).toEqual(['Maximum ParkedRecords', 300, 1, '1 of 12']);
  });

  it('of a shard that a budget has stopped begins with the first record', () => {
    expect(ruleOf('stopped')).toEqual(['Sum Stopped', 300, 1, '1 of 1']);
  });

  it('of snapshots begins when it is not one that failed', () => {
    expect(ruleOf('snapshots-failing')).toEqual(['Sum SnapshotsFailed', 3_600, 3, '1 of 1']);
  });
});

describe('the quarantine alarm', () => {
  it('sees a pipeline that refuses everything, which counts no events', () => {
    const alarms = stage.of('AWS::CloudWatch::Alarm').filter(({ id }) => id.startsWith('Alarmsquarantine'));
    const metrics: Json[] = alarms.flatMap(({ Properties }) => Properties.Metrics);
    expect(metrics.find(({ Expression }) => Expression)?.Expression).toBe(
      'IF(events + quarantined > 0, 100 * quarantined / (events + quarantined), 0)',
    );
    expect(metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])).toEqual(
      ['Events', 'Quarantined'].map((MetricName) => ({
        Namespace: 'Millrace',
        MetricName,
        Dimensions: [{ Name: 'service', Value: 'orders' }],
      })),
    );
  });
});

describe('the dashboard', () => {
  const { DashboardBody: body, DashboardName } = stage.one('AWS::CloudWatch::Dashboard').Properties;
  const text = body['Fn::Join'][1].map((part: Json) => (typeof part === 'string' ? part : 'x')).join('');
  const { widgets }: Json = JSON.parse(text);

  it('shows the pipeline in the order of its flow, in rows of full width', () => {
    expect(DashboardName).toBe('millrace-dev-orders');
    expect(
      widgets.map(({ properties }: Json) => properties.title ?? properties.markdown.split('\n')[0]),
    ).toMatchSnapshot();
    const rows = Map.groupBy<number, Json>(widgets, ({ y }) => y);
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
  });

  it('shows what the function counts, and the fullest shard where that is no sum', () => {
    const metrics: Json[] = widgets.flatMap(({ properties }: Json) => properties.metrics ?? []);
    const own = metrics.filter(([namespace]) => namespace === 'Millrace');
    for (const [, , ...dimension] of own) expect(dimension.slice(0, 2)).toEqual(['service', 'orders']);
    expect(Object.fromEntries(own.map(([, name, , , { stat }]) => [name, stat]))).toEqual({
      BatchesGivenBack: 'Sum',
      Commits: 'Sum',
      Duplicates: 'Sum',
      Events: 'Sum',
      LostSlots: 'Sum',
      Parked: 'Sum',
      ParkedRecords: 'Maximum',
      Quarantined: 'Sum',
      Redriven: 'Sum',
      Repaired: 'Sum',
      Rows: 'Sum',
      Snapshots: 'Sum',
      SnapshotsFailed: 'Sum',
      Stopped: 'Sum',
    });
  });

  it('is where its output says', () => {
    const { DashboardUrl } = stage.outputs['millrace-dev-orders'] ?? {};
    const url = DashboardUrl['Fn::Join'][1].map((part: Json) => part.Ref ?? part).join('');
    expect(url).toBe(
      'https://AWS::Region.console.aws.amazon.com/cloudwatch/home?region=AWS::Region#dashboards/dashboard/millrace-dev-orders',
    );
  });
});
