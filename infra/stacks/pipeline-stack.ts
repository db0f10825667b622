import { CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Plan } from '../../core/pipeline/plan.ts';
import { copiesQuery } from '../catalog/queries.ts';
import type { StageConfig } from '../config.ts';
import { CommitLog } from '../constructs/commit-log.ts';
import { DeliveredTable } from '../constructs/delivered-table.ts';
import type { EventStream } from '../constructs/event-stream.ts';
import type { Lake } from '../constructs/lake.ts';
import { PipelineAlarms } from '../constructs/pipeline-alarms.ts';
import { PipelineDashboard } from '../constructs/pipeline-dashboard.ts';
import { ProcessFunction } from '../constructs/process-function.ts';
import { SavedQueries } from '../constructs/query-workgroup.ts';
import { StreamMapping } from '../constructs/stream-mapping.ts';
import { TAGS } from '../tags.ts';

export interface PipelineStackProps {
  readonly config: StageConfig;
  readonly plan: Plan;
  readonly source: EventStream;
  readonly lake: Lake;
  readonly quarantine: DeliveredTable;
  readonly topic: ITopic;
}

/** All that one pipeline has for itself: function, mapping, commit log, tables, queries, alarms, dashboard. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, { config, plan, source, lake, quarantine, topic }: PipelineStackProps) {
    super(scope, id, { description: `Millrace ${config.stage}: pipeline ${plan.name}` });
    Tags.of(this).add('Pipeline', plan.name, TAGS);
    const pipeline = plan.name;
    const { bucket, workgroup, databaseName } = lake;
    const own = plan.tables.map(
      (table) => new DeliveredTable(this, table.name, { config, lake, topic, table, pipeline }),
    );
    const tables = [...own, quarantine];
    const log = new CommitLog(this, 'Log', { config, pipeline });
    const process = new ProcessFunction(this, 'Process', { config, pipeline, source, log, tables, bucket });
    const mapping = new StreamMapping(this, 'Mapping', { config, source, target: process, bucket });
    const queries = [...plan.queries, copiesQuery(plan)];
    new SavedQueries(this, 'Queries', { workgroup, databaseName, group: pipeline, queries });
    const { alarms } = new PipelineAlarms(this, 'Alarms', { config, pipeline, process, mapping, topic });
    const { description } = plan;
    const shown = { config, pipeline, description, source, process, mapping, log, tables, alarms };
    const { url } = new PipelineDashboard(this, 'Dashboard', shown);
    const { functionName } = process.function;
    new CfnOutput(this, 'FunctionName', { value: functionName, description: 'Lambda function of the pipeline' });
    new CfnOutput(this, 'LogTableName', {
      value: log.table.tableName,
      description: 'DynamoDB table of the commit log',
    });
    new CfnOutput(this, 'DashboardUrl', { value: url, description: 'CloudWatch dashboard of the pipeline' });
  }
}
