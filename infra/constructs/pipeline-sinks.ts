import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type LakeTable, type Plan, type PlanNode, partsOf } from '../../core/pipeline/plan.ts';
import type { StageConfig } from '../config.ts';
import { hopStreamName, publishedStreamName } from '../names.ts';
import { AlertTopic } from './alert-topic.ts';
import { DeliveredTable } from './delivered-table.ts';
import { EventStream } from './event-stream.ts';
import type { Lake } from './lake.ts';
import type { PartSinks } from './process-function.ts';
import { ViewTable } from './view-table.ts';

export interface PipelineSinksProps {
  readonly config: StageConfig;
  readonly plan: Plan;
  readonly lake: Lake;
  /** The table of what could not be processed, shared by all pipelines. */
  readonly quarantine: DeliveredTable;
  readonly topic: ITopic;
}

/** Ids of a plan's nodes of a kind. */
export const idsOf = ({ nodes }: Plan, kind: PlanNode['kind']): readonly string[] =>
  nodes.filter((node) => node.kind === kind).map(({ id }) => id);

/** All that a pipeline's results go to, and the streams from part to part. Tables stand in `scope` by their own names. */
export class PipelineSinks {
  /** Quarantine among them. */
  readonly tables: readonly DeliveredTable[];
  readonly alerts: readonly AlertTopic[];
  readonly views: readonly ViewTable[];
  /** By the id of the sink. */
  readonly streams: ReadonlyMap<string, EventStream>;
  /** What the parts behind hops read, the first of hop 1. */
  readonly hops: readonly EventStream[];
  readonly #quarantine: DeliveredTable;

  constructor(scope: Construct, { config, plan, lake, quarantine, topic }: PipelineSinksProps) {
    const parts = partsOf(plan);
    const own = { config, topic, pipeline: plan.name };
    const tableOf = (table: LakeTable) => new DeliveredTable(scope, table.name, { ...own, lake, table });
    this.#quarantine = quarantine;
    this.tables = [...parts.flatMap(({ tables }) => tables.map(tableOf)), quarantine];
    const all = (kind: PlanNode['kind']) => parts.flatMap((part) => idsOf(part, kind));
    const [alerts, views, streams] = ['Alerts', 'Views', 'Streams'].map((name) => new Construct(scope, name)) as [
      Construct,
      Construct,
      Construct,
    ];
    this.alerts = all('alert').map((alert) => new AlertTopic(alerts, alert, { ...own, alert }));
    this.views = all('view').map((view) => new ViewTable(views, view, { ...own, view }));
    const streamOf = (sink: string) => {
      const name = publishedStreamName(config.stage, plan.name, sink);
      return new EventStream(streams, sink, { config, topic, name });
    };
    this.streams = new Map(all('publish').map((sink) => [sink, streamOf(sink)]));
    this.hops = plan.hops.map(({ name, hop }) => {
      const stream = { config, topic, name: hopStreamName(config.stage, name) };
      return new EventStream(scope, `Hop${hop}Stream`, stream);
    });
  }

  /** What a part's results go to. */
  of(part: Plan): PartSinks {
    const ids = new Set(part.nodes.map(({ id }) => id));
    const tables = new Set(part.tables.map(({ name }) => name));
    return {
      tables: this.tables.filter((table) => tables.has(table.name) || table === this.#quarantine),
      alerts: this.alerts.filter(({ alert }) => ids.has(alert)),
      views: this.views.filter(({ view }) => ids.has(view)),
      streams: new Map([...this.streams].filter(([sink]) => ids.has(sink))),
      nextHop: this.hops[part.hop],
    };
  }
}
