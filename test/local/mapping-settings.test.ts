import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../local/mapping/configuration.ts';

const NOW_MS = 1_800_000_000_000;
const least = {
  EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/events',
  FunctionName: 'process',
  StartingPosition: 'TRIM_HORIZON',
};

describe('settings of a mapping', () => {
  it('have the defaults of AWS', () => {
    expect(readSettings(least, NOW_MS)).toEqual({
      sourceArn: least.EventSourceArn,
      streamArn: least.EventSourceArn,
      isFanOut: false,
      functionName: 'process',
      enabled: true,
      batchSize: 100,
      windowMs: 0,
      parallelizationFactor: 1,
      tumblingMs: 0,
      startingPosition: 'TRIM_HORIZON',
      retryAttemptsMax: Number.POSITIVE_INFINITY,
      recordAgeMaxMs: Number.POSITIVE_INFINITY,
      bisects: false,
      reportsItemFailures: false,
      filter: undefined,
      onFailure: undefined,
      countsEvents: false,
    });
  });

  it('are read with their units', () => {
    const settings = readSettings(
      {
        ...least,
        StartingPosition: 'AT_TIMESTAMP',
        StartingPositionTimestamp: 1_700_000_000,
        BatchSize: '500',
        MaximumBatchingWindowInSeconds: 5,
        MaximumRetryAttempts: 0,
        MaximumRecordAgeInSeconds: 3_600,
        BisectBatchOnFunctionError: 'true',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
        MetricsConfig: { Metrics: ['EventCount'] },
        FilterCriteria: { Filters: [] },
        ParallelizationFactor: 1,
        TumblingWindowInSeconds: 0,
        Enabled: false,
      },
      NOW_MS,
    );
    expect(settings).toMatchObject({
      startingPosition: { fromMs: 1_700_000_000_000 },
      batchSize: 500,
      windowMs: 5_000,
      retryAttemptsMax: 0,
      recordAgeMaxMs: 3_600_000,
      bisects: true,
      reportsItemFailures: true,
      onFailure: { service: 's3', arn: 'arn:aws:s3:::failures', name: 'failures', account: '' },
      countsEvents: true,
      enabled: false,
    });
  });

  it.each([
    [{ ParallelizationFactor: 11 }, "Value '11' at 'parallelizationFactor'"],
    [
      { TumblingWindowInSeconds: 60, ParallelizationFactor: 2 },
      'TumblingWindowInSeconds needs a ParallelizationFactor of 1',
    ],
    [{ TumblingWindowInSeconds: 901 }, "Value '901' at 'tumblingWindowInSeconds'"],
    [{ FilterCriteria: { Filters: [{ Pattern: '[' }] } }, 'Invalid filter pattern definition'],
    [{ ProvisionedPollerConfig: {} }, 'ProvisionedPollerConfig is not emulated'],
    [{ EventSourceArn: `${least.EventSourceArn}/consumer/fast` }, 'no Kinesis stream and no consumer'],
    [{ EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:queue' }, 'no Kinesis stream'],
    [{ DestinationConfig: { OnFailure: { Destination: 'arn:aws:lambda:us-east-1:0:q' } } }, 'is not an SQS queue'],
    [{ StartingPosition: undefined }, 'StartingPosition has to be'],
    [{ StartingPosition: 'AT_TIMESTAMP' }, 'needs StartingPositionTimestamp'],
    [{ StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: NOW_MS / 1000 + 1 }, 'is in the future'],
    [{ StartingPositionTimestamp: 1 }, 'only for the StartingPosition AT_TIMESTAMP'],
    [{ FunctionResponseTypes: ['Other'] }, 'FunctionResponseTypes Other is unknown'],
    [
      { BatchSize: 0 },
      "Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { BatchSize: 10_001 },
      "Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000",
    ],
    [{ MaximumBatchingWindowInSeconds: 1.5 }, "Value '1.5' at 'maximumBatchingWindowInSeconds'"],
    [{ MaximumRecordAgeInSeconds: 59 }, 'greater than or equal to 60'],
    [{ MaximumRetryAttempts: -2 }, 'greater than or equal to 0'],
    [{ Enabled: 'yes' }, 'be a boolean'],
  ])('are refused by name: %j', (properties, message) => {
    expect(() => readSettings({ ...least, ...properties }, NOW_MS)).toThrow(message);
  });
});
