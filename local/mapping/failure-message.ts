import { type EventRecord, encodeEvent } from './event.ts';

/** What the on-failure destination is told about records that were given up. */
export interface GivenUp {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly records: readonly EventRecord[];
  readonly invocations: number;
  /** The last run of the function on them; undefined when there was none. */
  readonly lastRun: { readonly requestId: string; readonly functionError: string | null } | undefined;
}

export interface FailureSource {
  readonly uuid: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
}

const iso = (ms: number) => new Date(ms).toISOString();

/** The message about records that were given up; S3 gets the whole event in it as a text, queues and topics do not.
 *  `requestId` stands in when the function never ran. A record too old never has a `responseContext`, and its counter
 *  begins at 1 (as recorded against AWS). */
export function failureMessage(
  source: FailureSource,
  givenUp: GivenUp,
  nowMs: number,
  { requestId, withPayload }: { readonly requestId: string; readonly withPayload: boolean },
): string {
  const { condition, records, invocations, lastRun } = givenUp;
  const first = records[0]?.record;
  const last = records.at(-1)?.record;
  if (!first || !last) throw new Error('There is no failure message about no records');
  return JSON.stringify({
    requestContext: {
      requestId: lastRun?.requestId ?? requestId,
      functionArn: source.functionArn,
      condition,
      approximateInvokeCount: Math.max(1, invocations),
    },
    ...(condition === 'RetryAttemptsExhausted' &&
      lastRun && {
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: lastRun.functionError },
      }),
    version: '1.0',
    timestamp: iso(nowMs),
    KinesisBatchInfo: {
      shardId: source.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: iso(first.arrivalMs),
      approximateArrivalOfLastRecord: iso(last.arrivalMs),
      batchSize: records.length,
      streamArn: source.streamArn,
    },
    ...(withPayload && { payload: encodeEvent(records) }),
  });
}

/** `aws/lambda/<uuid>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>`, in UTC. */
export function failureKey(source: FailureSource, nowMs: number, randomId: string): string {
  const [day = '', time = ''] = iso(nowMs).slice(0, 19).split('T');
  const folder = day.replaceAll('-', '/');
  return `aws/lambda/${source.uuid}/${source.shardId}/${folder}/${day}T${time.replaceAll(':', '.')}-${randomId}`;
}
