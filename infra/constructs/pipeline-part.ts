import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import type { CommitLog } from './commit-log.ts';
import type { EventStream } from './event-stream.ts';
import type { LakeBucket } from './lake-bucket.ts';
import type { OperatorAlarm } from './operator-alarm.ts';
import { PipelineAlarms } from './pipeline-alarms.ts';
import { type PartSinks, ProcessFunction } from './process-function.ts';
import { StreamMapping } from './stream-mapping.ts';

export interface PipelinePartProps {
  readonly config: StageConfig;
  /** Name of the pipeline, or of the part of it behind a hop. */
  readonly pipeline: string;
  /** Names of the stage's pipelines. */
  readonly stage: readonly string[];
  /** The stream that the part reads. */
  readonly source: EventStream;
  readonly log: CommitLog;
  readonly sinks: PartSinks;
  readonly bucket: LakeBucket;
  readonly topic: ITopic;
}

/** What each part of a pipeline has for itself: function, mapping and alarms. */
export class PipelinePart extends Construct {
  readonly pipeline: string;
  readonly source: EventStream;
  readonly process: ProcessFunction;
  readonly mapping: StreamMapping;
  readonly alarms: readonly OperatorAlarm[];

  constructor(scope: Construct, id: string, props: PipelinePartProps) {
    super(scope, id);
    const { config, pipeline, stage, source, log, sinks, bucket, topic } = props;
    this.pipeline = pipeline;
    this.source = source;
    this.process = new ProcessFunction(this, 'Process', { config, pipeline, stage, source, log, sinks, bucket });
    this.mapping = new StreamMapping(this, 'Mapping', { config, source, target: this.process, bucket });
    const { process, mapping } = this;
    this.alarms = new PipelineAlarms(this, 'Alarms', { config, pipeline, process, mapping, topic }).alarms;
  }
}
