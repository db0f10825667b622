import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../core/pipeline/index.ts';
import { orders, sales } from './plan.ts';
import { addStage, type Json, newApp, type Resource, synthesise } from './stage.ts';

const stage = synthesise({ shards: 3, retentionHours: 48 }, newApp(), [orders, sales]);
const own = stage.resources.filter(({ stack }) => stack === 'millrace-dev-sales');
const of = (type: string) => own.filter(({ Type }) => Type === type);
const named = (type: string, property: string, name: string): Resource => {
  const found = of(type).filter(({ Properties }) => Properties[property] === name);
  expect(found).toHaveLength(1);
  return found[0] as Resource;
};
const names = (type: string, property: string) =>
  of(type)
    .map(({ Properties }) => Properties[property])
    .sort();

/** A JSON object in a variable of a function, references by their logical id without the hash. */
function variable(functionName: string, name: string): unknown {
  const value = named('AWS::Lambda::Function', 'FunctionName', functionName).Properties.Environment.Variables[name];
  if (typeof value === 'string') return JSON.parse(value);
  const refOf = (part: Json) => String(part.Ref ?? part['Fn::ImportValue']).replace(/[0-9A-F]{8}.*$/, '');
  const joined = value['Fn::Join'][1].map((part: Json) => (typeof part === 'string' ? part : refOf(part)));
  return JSON.parse(joined.join(''));
}

describe('a pipeline of several parts', () => {
  const functions = ['millrace-dev-sales', 'millrace-dev-sales-hop-1', 'millrace-dev-sales-hop-2'];

  it('has a function and a mapping for each, on a stream of its own behind each hop', () => {
    expect(names('AWS::Lambda::Function', 'FunctionName')).toEqual(functions);
    const streamOf = (name: string) => {
      const { id } = named('AWS::Lambda::Function', 'FunctionName', name);
      const mapping = of('AWS::Lambda::EventSourceMapping').filter(
        ({ Properties }) => Properties.FunctionName.Ref === id,
      );
      expect(mapping).toHaveLength(1);
      const arn = mapping[0]?.Properties.EventSourceArn;
      return String(arn['Fn::GetAtt']?.[0] ?? arn['Fn::ImportValue']).replace(/[0-9A-F]{8}.*$/, '');
    };
    expect(functions.map(streamOf)).toEqual([
      'millrace-dev-stream:ExportsOutputFnGetAttEventsStream',
      'Hop1Stream',
      'Hop2Stream',
    ]);
  });

  it('has them share the log, and its streams are like that of the events', () => {
    expect(names('AWS::DynamoDB::Table', 'TableName')).toEqual([
      'millrace-dev-sales-latest_sale',
      'millrace-dev-sales-log',
    ]);
    for (const hop of ['hop-1', 'hop-2', 'odd-sales']) {
      const stream = named('AWS::Kinesis::Stream', 'Name', `millrace-dev-sales-${hop}`);
      expect(stream.DeletionPolicy).toBe('Retain');
      expect(stream.Properties).toMatchObject({
        ShardCount: 3,
        RetentionPeriodHours: 48,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      });
    }
  });

  it('tells each part what it is, and where its own results go', () => {
    for (const [name, part] of functions.map((each) => [each, each.replace('millrace-dev-', '')] as const)) {
      const { Variables } = named('AWS::Lambda::Function', 'FunctionName', name).Properties.Environment;
      expect(Variables).toMatchObject({
        MILLRACE_PIPELINE: part,
        MILLRACE_PIPELINES: 'orders,sales',
        POWERTOOLS_SERVICE_NAME: part,
        MILLRACE_LOG_TABLE: { Ref: expect.stringMatching(/^LogTable/) },
      });
    }
    const told = functions.map((name) =>
      ['DELIVERY_STREAMS', 'ALERT_TOPICS', 'VIEW_TABLES', 'STREAMS'].map((of) => variable(name, `MILLRACE_${of}`)),
    );
    const quarantine = expect.stringContaining('QuarantineDelivery');
    expect(told).toEqual([
      [
        { placed: 'placedDelivery', quarantine },
        { 'large-order': 'AlertslargeorderTopic' },
        {},
        { 'next hop': 'Hop1Stream' },
      ],
      [
        { sales: 'salesDelivery', quarantine },
        {},
        { latest_sale: 'ViewslatestsaleTable' },
        { 'next hop': 'Hop2Stream' },
      ],
      [{ quarantine }, { 'odd-sale': 'AlertsoddsaleTopic' }, {}, { 'odd-sales': 'StreamsoddsalesStream' }],
    ]);
  });

  it('lets each part do just what it has to', () => {
    /** Actions by the resource of the stack that they are on, those that every part has left out. */
    const allowedTo = (role: string) => {
      const [policy] = of('AWS::IAM::Policy').filter(({ id }) => id.startsWith(role));
      const statements: Json[] = policy?.Properties.PolicyDocument.Statement;
      const allowed = statements.flatMap(({ Action, Resource: on }) =>
        [on].flat().map((resource: Json) => {
          const id = String(resource.Ref ?? resource['Fn::GetAtt']?.[0] ?? '').replace(/[0-9A-F]{8}$/, '');
          return [id, [Action].flat().map((action: string) => action.replace(/^.*:/, ''))] as const;
        }),
      );
      return Object.fromEntries(allowed.filter(([id]) => id !== '' && !/Logs$|^LogTable$/.test(id)));
    };
    const reads = ['DescribeStream', 'DescribeStreamSummary', 'GetRecords', 'GetShardIterator', 'ListShards'];
    expect(allowedTo('ProcessRole')).toEqual({
      placedDelivery: ['PutRecordBatch'],
      AlertslargeorderTopic: ['Publish'],
      Hop1Stream: ['ListShards', 'PutRecords'],
    });
    expect(allowedTo('Hop1ProcessRole')).toEqual({
      Hop1Stream: reads,
      salesDelivery: ['PutRecordBatch'],
      ViewslatestsaleTable: ['PutItem'],
      Hop2Stream: ['ListShards', 'PutRecords'],
    });
    expect(allowedTo('Hop2ProcessRole')).toEqual({
      Hop2Stream: reads,
      AlertsoddsaleTopic: ['Publish'],
      StreamsoddsalesStream: ['PutRecords'],
    });
  });

  it('tells of what its parts are called and its sinks', () => {
    const { DashboardUrl: _, ...outputs } = stage.outputs['millrace-dev-sales'] ?? {};
    const idOf = (value: Json) => String(value.Ref).replace(/[0-9A-F]{8}$/, '');
    expect(Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, idOf(value)]))).toEqual({
      FunctionName: 'ProcessFunction',
      Hop1FunctionName: 'Hop1ProcessFunction',
      Hop2FunctionName: 'Hop2ProcessFunction',
      LogTableName: 'LogTable',
      Hop1StreamName: 'Hop1Stream',
      Hop2StreamName: 'Hop2Stream',
      AlertLargeOrder: 'AlertslargeorderTopic',
      AlertOddSale: 'AlertsoddsaleTopic',
      ViewLatestSale: 'ViewslatestsaleTable',
      StreamOddSales: 'StreamsoddsalesStream',
    });
  });

  it('has its alarms for each part and sink, by names and runbook sections that there are', () => {
    const alarms = of('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toMatchSnapshot();
    const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
    for (const { AlarmDescription } of alarms) {
      expect(runbook).toContain(`\n## ${/docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1]}\n`);
    }
  });

  it('shows every part on the one dashboard', () => {
    const { DashboardBody: body } = of('AWS::CloudWatch::Dashboard')[0]?.Properties ?? {};
    const text = body['Fn::Join'][1].map((part: Json) => (typeof part === 'string' ? part : 'x')).join('');
    const { widgets }: Json = JSON.parse(text);
    expect(
      widgets.map(({ properties }: Json) => properties.title ?? properties.markdown.split('\n')[0]),
    ).toMatchSnapshot();
    const rows = Map.groupBy<number, Json>(widgets, ({ y }) => y);
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
    const counted = widgets.flatMap(({ properties }: Json) =>
      (properties.metrics ?? []).flatMap(([namespace, , , service]: Json[]) =>
        namespace === 'Millrace' ? service : [],
      ),
    );
    expect(new Set(counted)).toEqual(new Set(['sales', 'sales-hop-1', 'sales-hop-2']));
  });
});

describe('the sinks of a pipeline', () => {
  it('are encrypted, TLS only, and kept', () => {
    const topic = named('AWS::SNS::Topic', 'TopicName', 'millrace-dev-sales-large-order');
    expect(topic.Properties.KmsMasterKeyId).toBe('alias/aws/sns');
    const policies = of('AWS::SNS::TopicPolicy').map(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(policies).toHaveLength(2);
    for (const [tls] of policies) {
      expect(tls).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    }
    const view = named('AWS::DynamoDB::Table', 'TableName', 'millrace-dev-sales-latest_sale');
    expect(view.DeletionPolicy).toBe('Retain');
    expect(view.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    });
    expect(of('AWS::SNS::Subscription')).toEqual([]);
  });

  it('tell who gets the alarms of the alerts as well', () => {
    const prod = synthesise({ alarmEmail: 'ops@example.com', removal: 'destroy', pipelines: 'sales' }, newApp(), [
      orders,
      sales,
    ]);
    const subscriptions = prod.of('AWS::SNS::Subscription').map(({ Properties }) => Properties);
    expect(subscriptions).toHaveLength(3); // alarms, and two alerts
    for (const each of subscriptions) expect(each).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
    expect(prod.resources.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toEqual([]);
    expect(Object.keys(prod.outputs)).toEqual(
      ['stream', 'lake', 'archive', 'sales'].map((part) => `millrace-dev-${part}`),
    );
    for (const { Properties } of prod.of('AWS::Lambda::Function')) {
      const { MILLRACE_PIPELINES: all = 'sales' } = Properties.Environment.Variables;
      expect(all).toBe('sales');
    }
  });

  it('are refused under a name that something else has', () => {
    const renamed = (from: string, to: string): Plan => {
      const rename = (plan: Plan): Plan => ({
        ...plan,
        nodes: plan.nodes.map((node) => (node.id === from ? { ...node, id: to } : node)),
        hops: plan.hops.map(rename),
      });
      return rename(sales);
    };
    const refused =
      (...plans: readonly Plan[]) =>
      () =>
        addStage(newApp(), {}, plans);
    expect(refused(renamed('latest_sale', 'log'))).toThrow(
      '\'DynamoDB table\': found "millrace-dev-sales-log"; expected a name that no other DynamoDB table of the stage has',
    );
    expect(refused(renamed('odd-sales', 'hop-2'))).toThrow('\'Kinesis stream\': found "millrace-dev-sales-hop-2"');
    expect(refused(sales, { ...orders, name: 'sales-hop-2' })).toThrow('\'pipeline\': found "sales-hop-2"');
    expect(refused(renamed('large-order', 'odd-sale'))).toThrow('\'topic\': found "millrace-dev-sales-odd-sale"');
    expect(() => addStage(newApp(), { pipelines: 'sale' }, [orders, sales])).toThrow(
      '\'pipelines\': found "sale"; expected some of orders, sales',
    );
  });
});
