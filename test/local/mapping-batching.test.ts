import { describe, expect, it } from '@jest/globals';
import { type Gathered, nextStep } from '../../local/mapping/batching.ts';
import { countFitting, encodeEvent, encodeRecord } from '../../local/mapping/event.ts';

const source = {
  arn: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
  region: 'us-east-2',
  roleArn: 'arn:aws:iam::123456789012:role/lambda-role',
};
const record = (bytes: number, partitionKey = 'k') =>
  encodeRecord(source, 'shardId-000000000006', {
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    partitionKey,
    data: Buffer.alloc(bytes, 'x'),
    arrivalMs: 1_545_084_650_987,
  });
const few = [record(10), record(10), record(10)];
const MB = 1024 * 1024;

describe('gathering a batch', () => {
  const tip = { records: few, windowEndMs: 0, caughtUp: true, drained: false };
  it.each<[string, Partial<Gathered>, number, number, ReturnType<typeof nextStep>]>([
    // gathered, batch size, window, step; now is 1,000
    ['reads first', { records: [], caughtUp: false }, 100, 0, { do: 'read', limit: 100 }],
    ['waits at the tip', { records: [] }, 100, 0, { do: 'wait', untilMs: Number.POSITIVE_INFINITY }],
    ['invokes at once without a window', { caughtUp: false }, 100, 0, { do: 'invoke', count: 3 }],
    ['reads on within the window', { caughtUp: false, windowEndMs: 1_001 }, 100, 9_000, { do: 'read', limit: 97 }],
    ['waits within the window', { windowEndMs: 1_001 }, 100, 9_000, { do: 'wait', untilMs: 1_001 }],
    ['invokes at the end of the window', { windowEndMs: 1_000 }, 100, 9_000, { do: 'invoke', count: 3 }],
    ['invokes a full batch within the window', { windowEndMs: 1_001 }, 3, 9_000, { do: 'invoke', count: 3 }],
    [
      'begins the next window after an empty one',
      { records: [], windowEndMs: 1_000 },
      100,
      9_000,
      { do: 'open-window' },
    ],
    [
      'does not wait for more from a closed shard',
      { drained: true, windowEndMs: 9_999 },
      100,
      9_000,
      { do: 'invoke', count: 3 },
    ],
    ['finishes a closed shard', { records: [], drained: true }, 100, 9_000, { do: 'finish' }],
  ])('%s', (_, gathered, batchSize, windowMs, step) => {
    expect(nextStep({ ...tip, ...gathered }, { batchSize, windowMs, tumblingMs: 0 }, 1_000)).toEqual(step);
  });

  it('hands over what fits into 6 MB, whatever the window', () => {
    const records = [record(2 * MB), record(2 * MB), record(2 * MB)];
    const step = nextStep(
      { ...tip, records, windowEndMs: 9_999 },
      { batchSize: 100, windowMs: 9_999, tumblingMs: 0 },
      1_000,
    );
    expect(step).toEqual({ do: 'invoke', count: 2 });
    expect(encodeEvent(records.slice(0, 2)).length).toBeLessThanOrEqual(6 * MB);
  });

  it('gives up a record that is too large alone', () => {
    const step = nextStep(
      { ...tip, records: [record(5 * MB), ...few] },
      { batchSize: 100, windowMs: 0, tumblingMs: 0 },
      1_000,
    );
    expect(step).toEqual({ do: 'give-up' });
  });
});

describe('the event', () => {
  it('has the documented form', () => {
    const hello = encodeRecord(source, 'shardId-000000000006', {
      sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
      partitionKey: '"1\n\u2028\ud800',
      data: Buffer.from('Hello'),
      arrivalMs: 1_545_084_650_987,
    });
    expect(JSON.parse(encodeEvent([hello]))).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: '"1\n\u2028\ud800',
            sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
            data: 'SGVsbG8=',
            approximateArrivalTimestamp: 1545084650.987,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-role',
          awsRegion: 'us-east-2',
          eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
        },
      ],
    });
  });

  it('is measured in bytes, exactly', () => {
    const records = [record(10), record(1_000, 'ключ'), record(0)];
    const bytes = Buffer.byteLength(encodeEvent(records));
    expect(countFitting(records, bytes)).toBe(3);
    expect(countFitting(records, bytes - 1)).toBe(2);
    expect(countFitting(records, 20)).toBe(0);
  });
});
