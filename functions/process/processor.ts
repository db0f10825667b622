import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { recordsOf } from '../../adapters/kinesis/lambda-event.ts';
import { type BatchResult, processBatch } from '../../core/engine/batch.ts';
import { TransientError } from '../../core/ports.ts';
import type { Engine } from './engine.ts';

/** Share of the time left that may pass before no more records are taken in; the rest is for delivery and commit. */
const INTAKE_SHARE = 0.6;

/** Answers an invocation by the event source mapping. A transient failure is reported as a partial failure at the
 *  batch's first record rather than thrown: thrown, it would make the mapping bisect the batch, and a throttled service
 *  be called twice as often. */
export function processor(engine: Engine, logger: Logger, metrics: Metrics) {
  return async (event: KinesisStreamEvent, context: Context): Promise<KinesisStreamBatchResponse> => {
    const { shardId, records } = recordsOf(event);
    const stopAtMs = engine.ports.clock.now() + context.getRemainingTimeInMillis() * INTAKE_SHARE;
    try {
      const result = await processBatch(engine.program, { shardId, records, stopAtMs }, engine.ports);
      count(metrics, result);
      if (result.quarantined > 0) logger.warn('records quarantined', { shardId, reasons: result.reasons });
      if (result.parked > 0) logger.warn('records parked', { shardId, parked: result.parked, waiting: result.waiting });
      if (typeof result.snapshot === 'object') logger.warn('no snapshot', { shardId, reason: result.snapshot.failed });
      if (result.stopped !== undefined) logger.error('pipeline stopped', { shardId, why: result.stopped });
      return failuresFrom(result.unfinished);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn('batch given back', { shardId, records: records.length, reason: error.message });
      metrics.addMetric('BatchesGivenBack', MetricUnit.Count, 1);
      return failuresFrom(records[0]?.sequenceNumber);
    }
  };
}

function failuresFrom(sequenceNumber: string | undefined): KinesisStreamBatchResponse {
  return { batchItemFailures: sequenceNumber === undefined ? [] : [{ itemIdentifier: sequenceNumber }] };
}

function count(metrics: Metrics, result: BatchResult): void {
  metrics.addMetric('Events', MetricUnit.Count, result.events);
  metrics.addMetric('Duplicates', MetricUnit.Count, result.duplicates);
  metrics.addMetric('Skipped', MetricUnit.Count, result.skipped);
  metrics.addMetric('Quarantined', MetricUnit.Count, result.quarantined);
  metrics.addMetric('Rows', MetricUnit.Count, result.rows);
  metrics.addMetric('Commits', MetricUnit.Count, result.commits);
  metrics.addMetric('LostSlots', MetricUnit.Count, result.lostSlots);
  metrics.addMetric('Parked', MetricUnit.Count, result.parked);
  metrics.addMetric('Redriven', MetricUnit.Count, result.redriven);
  metrics.addMetric('ParkedRecords', MetricUnit.Count, result.waiting);
  metrics.addMetric('Repaired', MetricUnit.Count, result.repaired);
  metrics.addMetric('Snapshots', MetricUnit.Count, result.snapshot === 'stored' ? 1 : 0);
  metrics.addMetric('SnapshotsFailed', MetricUnit.Count, typeof result.snapshot === 'object' ? 1 : 0);
  metrics.addMetric('Stopped', MetricUnit.Count, result.stopped === undefined ? 0 : 1);
}
