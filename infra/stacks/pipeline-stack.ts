import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type Plan, partsOf } from '../../core/pipeline/plan.ts';
import { copiesQueries } from '../catalog/queries.ts';
import type { StageConfig } from '../config.ts';
import { CommitLog } from '../constructs/commit-log.ts';
import type { DeliveredTable } from '../constructs/delivered-table.ts';
import type { EventStream } from '../constructs/event-stream.ts';
import type { Lake } from '../constructs/lake.ts';
import { PipelineDashboard } from '../constructs/pipeline-dashboard.ts';
import { PipelinePart } from '../constructs/pipeline-part.ts';
import { PipelineSinks } from '../constructs/pipeline-sinks.ts';
import { SavedQueries } from '../constructs/query-workgroup.ts';
import { outputId } from '../names.ts';
import { TAGS } from '../tags.ts';

export interface PipelineStackProps {
  readonly config: StageConfig;
  readonly plan: Plan;
  /** Names of the stage's pipelines. */
  readonly stage: readonly string[];
  readonly source: EventStream;
  readonly lake: Lake;
  readonly quarantine: DeliveredTable;
  readonly topic: ITopic;
}

/** All that one pipeline has for itself: its parts, commit log, sinks, queries, dashboard. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    const { config, plan, stage, source, lake, quarantine, topic } = props;
    super(scope, id, { description: `Millrace ${config.stage}: pipeline ${plan.name}` });
    Tags.of(this).add('Pipeline', plan.name, TAGS);
    const pipeline = plan.name;
    const { bucket, workgroup, databaseName } = lake;
    const sinks = new PipelineSinks(this, { config, plan, lake, quarantine, topic });
    const log = new CommitLog(this, 'Log', { config, pipeline });
    const parts = partsOf(plan).map((part) => {
      const own = { pipeline: part.name, source: sinks.hops[part.hop - 1] ?? source, sinks: sinks.of(part) };
      return new PipelinePart(this, partId(part), { config, stage, log, bucket, topic, ...own });
    });
    const queries = [...plan.queries, ...copiesQueries(plan)];
    new SavedQueries(this, 'Queries', { workgroup, databaseName, group: pipeline, queries });
    const { description } = plan;
    const { url } = new PipelineDashboard(this, 'Dashboard', { config, pipeline, description, parts, log, sinks });
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    for (const [hop, { process, pipeline: name }] of parts.entries()) {
      const of = hop === 0 ? 'the pipeline' : `${name}, the part behind hop ${hop}`;
      output(`${hopPrefix(hop)}FunctionName`, process.function.functionName, `Lambda function of ${of}`);
    }
    output('LogTableName', log.table.tableName, 'DynamoDB table of the commit log');
    output('DashboardUrl', url, 'CloudWatch dashboard of the pipeline');
    for (const [index, { stream }] of sinks.hops.entries()) {
      output(`${hopPrefix(index + 1)}StreamName`, stream.streamName, `Kinesis stream behind hop ${index + 1}`);
    }
    for (const each of sinks.alerts) {
      output(outputId('Alert', each.alert), each.topic.topicArn, `SNS topic of the alert ${each.alert}`);
    }
    for (const each of sinks.views) {
      output(outputId('View', each.view), each.table.tableName, `DynamoDB table of the view ${each.view}`);
    }
    for (const [sink, { stream }] of sinks.streams) {
      output(outputId('Stream', sink), stream.streamName, `Kinesis stream of ${sink}`);
    }
  }
}

/** The first part's things stand in the stack itself: CDK leaves `Default` out of what it names them. */
const partId = ({ hop }: Plan): string => hopPrefix(hop) || 'Default';

const hopPrefix = (hop: number): string => (hop === 0 ? '' : `Hop${hop}`);
