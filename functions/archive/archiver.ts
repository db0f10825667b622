import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { KinesisStreamEvent } from 'aws-lambda';
import { recordsOf } from '../../adapters/kinesis/lambda-event.ts';
import { type ArchivePorts, archive } from '../../core/archive/archive.ts';

/** Answers an invocation by the event source mapping. What it throws makes the whole batch come again: a part of it could
 *  not follow what is archived.
 *  @throws TransientError when not all of the batch could be archived. */
export function archiver(ports: ArchivePorts, metrics: Metrics) {
  return async (event: KinesisStreamEvent): Promise<void> => {
    const { shardId, records } = recordsOf(event);
    metrics.addMetric('ArchivedRecords', MetricUnit.Count, await archive(shardId, records, ports));
  };
}
