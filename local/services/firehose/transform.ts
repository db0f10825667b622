import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LOCAL_REGION } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { FunctionInvoker } from '../lambda/lambda.ts';
import { EVENT_BYTES_MAX, INVOCATIONS_MAX } from './limits.ts';
import type { Accepted } from './part.ts';
import type { Transformation } from './processor-settings.ts';
import { type Verdict, verdicts } from './transform-response.ts';

/** What became of records that were sent to the function together. */
export interface Transformed {
  /** In the order of the records. */
  readonly verdicts: readonly Verdict[];
  /** How often the function was invoked for them. */
  readonly attempts: number;
}

export interface TransformerPorts {
  readonly lambda: FunctionInvoker;
  /** Stream's own ARN and that of the Kinesis stream it reads. */
  readonly streamArn: string;
  readonly sourceArn: string | undefined;
  measure(name: string, value: number): void;
  readonly signal: AbortSignal;
}

/** What a record weighs in an event besides its data. */
const RECORD_OVERHEAD = 500;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;

/** Codes by the error's of Lambda, and whether Firehose tries again. Source: the guide's table of Lambda errors. */
const REFUSALS: Readonly<Record<string, readonly [code: string, retried: boolean]>> = {
  TooManyRequestsException: ['InvokeLimitExceeded', true],
  ResourceNotFoundException: ['ResourceNotFound', false],
  AccessDeniedException: ['InvokeAccessDenied', false],
  RequestEntityTooLargeException: ['InvocationFailure', false],
  ServiceException: ['InternalServerError', true],
};

type Attempt = readonly Verdict[] | { readonly code: string; readonly message: string; readonly retried: boolean };

const weightOf = ({ data }: Accepted) => Math.ceil(data.length / 3) * 4 + RECORD_OVERHEAD;

/** Cuts records into events that Lambda takes. */
function* events<R extends Accepted>(records: readonly R[]): Generator<readonly R[]> {
  let event: R[] = [];
  let bytes = 0;
  for (const record of records) {
    const weight = weightOf(record);
    if (event.length > 0 && bytes + weight > EVENT_BYTES_MAX - RECORD_OVERHEAD) {
      yield event;
      event = [];
      bytes = 0;
    }
    event.push(record);
    bytes += weight;
  }
  yield event;
}

/** Sends records through a function, with Firehose's event, retries and bounds. */
export class Transformer {
  private readonly ports: TransformerPorts;
  private nextRecord = 0;
  /** Lane → invocations under way, and who waits for a place. */
  private readonly lanes = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(ports: TransformerPorts) {
    this.ports = ports;
  }

  /** Calls `done` for each event's worth of records. At most five invocations of a lane are under way. */
  async transform<R extends Accepted>(
    lane: string,
    records: readonly R[],
    transformation: Transformation,
    done: (records: readonly R[], outcome: Transformed) => void,
  ): Promise<void> {
    const run = async (event: readonly R[]) =>
      done(event, await this.inPlace(lane, () => this.run(event, transformation)));
    await Promise.all([...events(records)].map(run));
  }

  private async inPlace<T>(name: string, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(name) ?? { running: 0, waiting: [] };
    this.lanes.set(name, lane);
    if (lane.running >= INVOCATIONS_MAX) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    else lane.running++;
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next) next();
      else lane.running--;
    }
  }

  private async run(records: readonly Accepted[], { lambdaArn, retries }: Transformation): Promise<Transformed> {
    const ids = records.map((record) => this.idOf(record));
    const event = JSON.stringify(this.eventOf(records, ids));
    for (let attempts = 1; ; attempts++) {
      const tried = await this.attempt(lambdaArn, event, ids);
      this.ports.measure('ExecuteProcessing.Success', 'code' in tried ? 0 : 1);
      if (!('code' in tried)) return { verdicts: tried, attempts };
      if (!tried.retried || attempts > retries || this.ports.signal.aborted) {
        const verdict: Verdict = { kind: 'failed', code: `Lambda.${tried.code}`, message: tried.message };
        return { verdicts: ids.map(() => verdict), attempts };
      }
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LAST_PAUSE_MS);
      await delay(pauseMs, undefined, { signal: this.ports.signal }).catch(() => {});
    }
  }

  private async attempt(lambdaArn: string, event: string, ids: readonly string[]): Promise<Attempt> {
    const startedMs = performance.now();
    try {
      const { payload, functionError } = await this.ports.lambda.invoke(lambdaArn, event);
      return functionError ? functionFailure(payload) : verdicts(payload, ids);
    } catch (error) {
      const known = error instanceof ServiceError ? REFUSALS[error.code] : undefined;
      const [code, retried] = known ?? ['InvocationFailure', true];
      return { code, retried, message: error instanceof Error ? error.message : String(error) };
    } finally {
      this.ports.measure('ExecuteProcessing.Duration', performance.now() - startedMs);
    }
  }

  /** 56 digits and six for the place within an aggregated record, as Firehose's are. */
  private idOf({ origin }: Accepted): string {
    const number = origin?.sequenceNumber ?? `49${String(this.nextRecord++).padStart(54, '0')}`;
    return `${number}${String(origin?.subsequenceNumber ?? 0).padStart(6, '0')}`;
  }

  private eventOf(records: readonly Accepted[], ids: readonly string[]) {
    const { streamArn, sourceArn } = this.ports;
    return {
      invocationId: randomUUID(),
      deliveryStreamArn: streamArn,
      ...(sourceArn !== undefined && { sourceKinesisStreamArn: sourceArn }),
      region: LOCAL_REGION,
      records: records.map(({ data, arrivalMs, origin }, index) => ({
        recordId: ids[index],
        approximateArrivalTimestamp: arrivalMs,
        data: data.toString('base64'),
        ...(origin && {
          kinesisRecordMetadata: {
            sequenceNumber: origin.sequenceNumber,
            subsequenceNumber: origin.subsequenceNumber,
            partitionKey: origin.partitionKey,
            shardId: origin.shardId,
            approximateArrivalTimestamp: arrivalMs,
          },
        }),
      })),
    };
  }
}

function functionFailure(payload: string): Attempt {
  const timedOut = /"errorType":\s*"Sandbox\.Timedout"/.test(payload);
  return timedOut
    ? { code: 'FunctionTimedOut', message: 'The Lambda function timed out.', retried: true }
    : {
        code: 'FunctionError',
        message: 'The Lambda function was successfully invoked but it returned an error result.',
        retried: true,
      };
}
