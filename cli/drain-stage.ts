import { setTimeout as pause } from 'node:timers/promises';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type DrainedPart, drain } from './drain.ts';
import { type Figure, heartbeatFigure, readFigures } from './metrics.ts';
import type { StageOutputs } from './outputs.ts';
import type { Progress } from './progress.ts';
import type { StageServices } from './stage-services.ts';
import type { Target } from './target.ts';

export interface DrainStageOptions {
  readonly target: Target;
  readonly outputs: StageOutputs;
  readonly services: StageServices;
  readonly pipeline: string;
  /** Records that the stream took. */
  readonly put: number;
  readonly progress: Progress;
  /** Called when all that was put has been taken in, and only time has to go on. */
  readonly onCaughtUp?: () => void;
}

const METRIC_MINUTES = 60;

/** Waits until all parts of a pipeline have done all that comes of what is in its stream, and shows how far the first is.
 *  Its heartbeats are counted as the scheduled ones are.
 *  @throws CliError when a part stands still. */
export async function drainStage(options: DrainStageOptions): Promise<void> {
  const { target, outputs, services, pipeline, put, progress, onCaughtUp } = options;
  const cloudWatch = new CloudWatchClient(target.client);
  const sleep = async (ms: number) => {
    await pause(ms);
    const figures = await readFigures(cloudWatch, processed(pipeline), METRIC_MINUTES, Date.now());
    const done = figures.reduce<number>((sum, figure) => sum + (figure ?? 0), 0);
    progress.update(done, `of ${put.toLocaleString('en-US')}`);
  };
  const parts = outputs.parts.filter((part) => part.pipeline === pipeline);
  const drained = parts.map((part, hop): DrainedPart => {
    const { name, streamName } = part;
    return {
      name,
      logs: services.logsOf(part, outputs.bucketName),
      clock: Date,
      sleep: hop === 0 ? sleep : pause,
      listOpenShards: () => services.listOpenShards(streamName),
      put: (record, to) => services.put(streamName, record, to),
    };
  });
  try {
    await drain(drained, (count) => tellHeartbeats(cloudWatch, target.stage, count), onCaughtUp);
  } finally {
    progress.end();
    cloudWatch.destroy();
  }
}

/** What becomes of a record, whatever it is. */
const processed = (pipeline: string): readonly Figure[] =>
  ['Events', 'Duplicates', 'Skipped', 'Quarantined', 'Parked'].map((metric) => ({
    namespace: 'Millrace',
    metric,
    dimensions: { service: pipeline },
    take: 'Sum',
  }));

async function tellHeartbeats(cloudWatch: CloudWatchClient, stage: string, Value: number): Promise<void> {
  const { namespace: Namespace, metric: MetricName, dimensions } = heartbeatFigure(stage);
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  await cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName, Dimensions, Value }] }));
}
