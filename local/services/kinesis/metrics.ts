import type { RecordMetric } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import type { ShardRead } from '../kinesis-reader.ts';

interface Encoded {
  readonly Data?: unknown;
}

/** What the metrics need of an answer of PutRecords. */
interface PutAnswer {
  readonly Records: readonly { readonly ErrorCode?: string }[];
}

interface GetAnswer {
  readonly Records: readonly { readonly Data: string; readonly ApproximateArrivalTimestamp: number }[];
  readonly MillisBehindLatest: number;
}

const THROTTLED = 'ProvisionedThroughputExceededException';

/** Bytes behind base64, without decoding it. */
function bytesOf({ Data: data }: Encoded): number {
  if (typeof data !== 'string') return 0;
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return Math.max(0, Math.floor(data.length / 4) * 3 - padding);
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Counts calls into AWS/Kinesis by operation: success, latency, records and bytes. What comes into a stream and what is
 *  turned away count where that is decided. Source: Kinesis Developer Guide, monitoring with CloudWatch. */
export class KinesisMetrics {
  readonly #metric: RecordMetric;
  readonly #now: () => number;

  constructor(metric: RecordMetric, now: () => number) {
    this.#metric = metric;
    this.#now = now;
  }

  /** The operations, counted under the name that `streamOf` finds for an input; a call that finds no stream, or whose
   *  input is refused, counts nowhere. */
  // biome-ignore lint/suspicious/noExplicitAny: each operation states the shape of its own input
  measured(operations: Operations, streamOf: (input: any) => string): Operations {
    const counted = (name: string, count: (stream: string, input: never, answer: never) => void) => {
      const run = operations[name] as Operations[string];
      return async (input: object) => {
        const beganMs = performance.now();
        try {
          const answer = await run(input);
          const stream = streamOf(input);
          this.#count(stream, `${name}.Success`, 1);
          this.#count(stream, `${name}.Latency`, performance.now() - beganMs);
          count(stream, input as never, answer as never);
          return answer;
        } catch (error) {
          if (isOfService(error)) this.#count(streamOf(input), `${name}.Success`, 0);
          throw error;
        }
      };
    };
    return {
      ...operations,
      PutRecord: counted('PutRecord', (stream, input: Encoded) =>
        this.#count(stream, 'PutRecord.Bytes', bytesOf(input)),
      ),
      PutRecords: counted(
        'PutRecords',
        (stream, { Records }: { readonly Records: readonly Encoded[] }, answer: PutAnswer) =>
          this.#put(stream, Records, answer),
      ),
      GetRecords: counted('GetRecords', (stream, _input: object, answer: GetAnswer) =>
        this.#got(stream, {
          records: answer.Records.length,
          bytes: total(answer.Records.map(bytesOf)),
          lastMs: (answer.Records.at(-1)?.ApproximateArrivalTimestamp ?? 0) * 1000,
          behindMs: answer.MillisBehindLatest,
        }),
      ),
    };
  }

  /** A read in process, which AWS would have done by GetRecords. */
  read(stream: string, { records, millisBehindLatest }: ShardRead): void {
    this.#count(stream, 'GetRecords.Success', 1);
    this.#got(stream, {
      records: records.length,
      bytes: total(records.map(({ data }) => data.length)),
      lastMs: records.at(-1)?.arrivalMs ?? 0,
      behindMs: millisBehindLatest,
    });
  }

  #put(stream: string, records: readonly Encoded[], answer: PutAnswer): void {
    const failed = answer.Records.filter(({ ErrorCode }) => ErrorCode !== undefined);
    const throttled = failed.filter(({ ErrorCode }) => ErrorCode === THROTTLED).length;
    this.#count(stream, 'PutRecords.Bytes', total(records.map(bytesOf)));
    this.#count(stream, 'PutRecords.TotalRecords', records.length);
    this.#count(stream, 'PutRecords.SuccessfulRecords', records.length - failed.length);
    this.#count(stream, 'PutRecords.FailedRecords', failed.length - throttled);
    this.#count(stream, 'PutRecords.ThrottledRecords', throttled);
  }

  #got(stream: string, got: { records: number; bytes: number; lastMs: number; behindMs: number }): void {
    const ageMs = got.records > 0 && got.behindMs > 0 ? Math.max(0, this.#now() - got.lastMs) : got.behindMs;
    this.#count(stream, 'GetRecords.Records', got.records);
    this.#count(stream, 'GetRecords.Bytes', got.bytes);
    this.#count(stream, 'GetRecords.IteratorAgeMilliseconds', ageMs);
  }

  #count(stream: string, name: string, value: number): void {
    this.#metric('AWS/Kinesis', name, { StreamName: stream }, value);
  }
}

/** Errors the caller is not to blame for, and throttles. */
const isOfService = (error: unknown): boolean =>
  !(error instanceof ServiceError) || error.status >= 500 || error.code === THROTTLED;
