import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFigures } from '../../cli/metrics.ts';
import { stageOutputs } from '../../cli/outputs.ts';
import { describeStatus, readStatus } from '../../cli/status.ts';
import { chooseTarget, type Target } from '../../cli/target.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import { createCloudFormation } from '../../local/services/cloudformation/cloudformation.ts';
import { createCloudWatch } from '../../local/services/cloudwatch/cloudwatch.ts';
import { jsonApi } from '../../local/services/json-api.ts';
import type { ProvisionedStack } from '../../local/template/provision.ts';

const stack = (
  name: string,
  outputs: Record<string, string>,
  glueTables: readonly string[] = [],
): ProvisionedStack => ({
  name,
  resources: glueTables.map((physicalId) => ({
    logicalId: physicalId,
    physicalId,
    type: 'AWS::Glue::Table',
    emulated: true,
  })),
  outputs: Object.entries(outputs).map(([key, value]) => ({
    key,
    value,
    description: undefined,
    exportName: undefined,
  })),
});

const STACKS = [
  stack('millrace-dev-stream', { StreamName: 's' }),
  stack('millrace-dev-lake', { BucketName: 'b', DatabaseName: 'd', WorkgroupName: 'w' }, [
    'quarantine_rows',
    'quarantine',
    'other',
  ]),
  stack('millrace-dev-archive', { BucketName: 'a' }),
  stack('millrace-dev-web', { FunctionName: 'f', LogTableName: 'l', Hop1FunctionName: 'f1', Hop1StreamName: 's1' }, [
    'hits_rows',
    'hits',
  ]),
  stack('millrace-development-stream', { StreamName: 'not this one' }),
  stack('millrace-half-stream', { StreamName: 's' }),
];

describe('the status of a stage', () => {
  let gateway: Gateway;
  let target: Target;
  const statements: string[] = [];
  const putMs = Date.now() - 60_000;

  beforeAll(async () => {
    gateway = await openGateway(0);
    const cloudFormation = createCloudFormation();
    cloudFormation.show(STACKS);
    let now = putMs;
    const cloudWatch = createCloudWatch({ now: () => now });
    const { metric } = cloudWatch;
    metric('AWS/Kinesis', 'IncomingRecords', { StreamName: 's' }, 40);
    metric('AWS/Kinesis', 'IncomingRecords', { StreamName: 's' }, 2);
    metric('AWS/Kinesis', 'IncomingRecords', { StreamName: 's' }, 6);
    metric('Millrace', 'Heartbeats', { service: 'millrace-dev-heartbeat' }, 4);
    metric('Millrace', 'Heartbeats', { service: 'millrace-dev-heartbeat' }, 2);
    metric('Millrace', 'Heartbeats', { service: 'millrace-prod-heartbeat' }, 7);
    metric('Millrace', 'Events', { service: 'web' }, 41);
    metric('Millrace', 'Quarantined', { service: 'web' }, 1);
    metric('Millrace', 'ParkedRecords', { service: 'web' }, 7);
    metric('Millrace', 'ParkedRecords', { service: 'web' }, 3);
    metric('AWS/Lambda', 'IteratorAge', { FunctionName: 'f' }, 10);
    metric('AWS/Lambda', 'IteratorAge', { FunctionName: 'f' }, 30);
    metric('Millrace', 'Events', { service: 'web-hop-1' }, 12);
    metric('AWS/Lambda', 'IteratorAge', { FunctionName: 'f1' }, 5);
    metric('AWS/Lambda', 'Throttles', { FunctionName: 'f1' }, 3);
    for (const [AlarmName, Threshold] of [
      ['millrace-dev-web-lag', 20],
      ['millrace-dev-web-late', 40],
      ['millrace-prod-web-lag', 20],
    ]) {
      await cloudWatch.provisions['AWS::CloudWatch::Alarm']?.({
        stack: 's',
        logicalId: 'Alarm',
        type: 'AWS::CloudWatch::Alarm',
        properties: {
          AlarmName,
          AlarmDescription: 'Look. See docs/runbook.md#lag',
          Namespace: 'AWS/Lambda',
          MetricName: 'IteratorAge',
          Dimensions: [{ Name: 'FunctionName', Value: 'f' }],
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold,
          ComparisonOperator: 'GreaterThanThreshold',
        },
      });
    }
    now += 60_000;
    await cloudWatch.evaluateAlarms();
    gateway.serve([cloudFormation, cloudWatch, athena]);
    target = chooseTarget({ stage: 'dev', endpoint: gateway.endpoint }, {});
  });
  afterAll(() => gateway.close());

  const row = (...values: readonly string[]) => ({ Data: values.map((VarCharValue) => ({ VarCharValue })) });
  const athena: LocalService = {
    scopes: ['athena'],
    provisions: {},
    handle: jsonApi({
      StartQueryExecution: ({ QueryString }) => {
        statements.push(QueryString);
        return { QueryExecutionId: 'q' };
      },
      GetQueryExecution: () => ({ QueryExecution: { Status: { State: 'SUCCEEDED' } } }),
      GetQueryResults: () => ({
        ResultSet: {
          ResultSetMetadata: {
            ColumnInfo: [
              { Name: 'name', Type: 'varchar' },
              { Name: 'n', Type: 'bigint' },
            ],
          },
          Rows: [row('name', 'n'), row('quarantine', '1'), row('hits', '41')],
        },
      }),
    }),
    close: async () => {},
  };

  it('finds the names in the outputs of the stage’s own stacks', async () => {
    expect(await stageOutputs(target)).toEqual({
      streamName: 's',
      bucketName: 'b',
      archiveBucketName: 'a',
      databaseName: 'd',
      workgroupName: 'w',
      parts: [
        { name: 'web', pipeline: 'web', functionName: 'f', streamName: 's', logTableName: 'l' },
        { name: 'web-hop-1', pipeline: 'web', functionName: 'f1', streamName: 's1', logTableName: 'l' },
      ],
    });
  });

  it('says which stage or output is missing', async () => {
    await expect(stageOutputs({ ...target, stage: 'prod' })).rejects.toThrow(/^there is no stage 'prod' at http/);
    await expect(stageOutputs({ ...target, stage: 'half' })).rejects.toThrow(
      /^the stack millrace-half-lake .* has no output BucketName/,
    );
  });

  it('reads figures and counts the rows of every table, by one query', async () => {
    const status = await readStatus(target, 60, true);
    expect(status).toEqual({
      stage: 'dev',
      minutes: 60,
      stream: { name: 's', recordsPerSecond: 0.2, recordsIn: 42, bytesIn: null, heartbeats: 6, writesThrottled: null },
      pipelines: [
        {
          name: 'web',
          eventsPerSecond: 0.1,
          events: 41,
          duplicates: null,
          quarantined: 1,
          parkedRecords: 7,
          rows: null,
          commits: null,
          invocations: null,
          errors: null,
          throttles: null,
          lagMs: 30,
        },
        expect.objectContaining({ name: 'web-hop-1', events: 12, lagMs: 5, throttles: 3 }),
      ],
      alarms: [
        {
          name: 'millrace-dev-web-lag',
          state: 'ALARM',
          since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          reason: expect.stringMatching(/^Threshold Crossed: 1 datapoint \[30\.0 /),
          meaning: 'Look. See docs/runbook.md#lag',
        },
        expect.objectContaining({ name: 'millrace-dev-web-late', state: 'OK' }),
      ],
      tables: [
        { name: 'hits', rows: 41 },
        { name: 'quarantine', rows: 1 },
      ],
    });
    const shown = describeStatus(status);
    expect(shown).toMatch(
      /Alarms: 1 ALARM, 1 OK\n {2}millrace-dev-web-lag, since .*\n {4}Look\. See .*#lag\n {4}Threshold/,
    );
    expect(shown).not.toContain('millrace-dev-web-late');
    expect(shown).toMatch(/web-hop-1 +│ +0 +│ +5 +│ +– +│ +3 +│/);
    expect(statements).toEqual([
      `SELECT 'hits' AS name, count(*) AS n FROM "hits"\nUNION ALL\nSELECT 'quarantine' AS name, count(*) AS n FROM "quarantine"`,
    ]);
  });

  it('takes the rate from whole minutes only', async () => {
    const client = new CloudWatchClient(target.client);
    const dimensions = { service: 'web' };
    const figure = { namespace: 'Millrace', metric: 'Events', dimensions, take: 'PerSecond' } as const;
    const rateAt = (nowMs: number) => readFigures(client, [figure], 60, nowMs);
    expect(await rateAt(putMs)).toEqual([0]);
    expect(await rateAt(putMs + 60_000)).toEqual([0.1]);
    expect(await rateAt(putMs + 5 * 60_000)).toEqual([0.1]);
    expect(await rateAt(putMs + 6 * 60_000)).toEqual([0]);
    client.destroy();
  });

  it('asks Athena nothing when rows are not wanted', async () => {
    statements.length = 0;
    expect((await readStatus(target, 60, false)).tables).toEqual([
      { name: 'hits', rows: null },
      { name: 'quarantine', rows: null },
    ]);
    expect(statements).toEqual([]);
  });
});
