import { ServiceError } from '../services/json-api.ts';
import type { Invocation } from '../services/lambda/lambda.ts';
import { giveUp } from './destination.ts';
import { type EventRecord, encodeEvent } from './event.ts';
import type { GivenUp } from './failure-message.ts';
import { interpret, type Outcome } from './response.ts';
import { backOffMs, expire, type Piece, settle } from './retry.ts';
import type { MappingRun } from './run.ts';

interface Tried {
  readonly outcome: Outcome;
  readonly lastRun: GivenUp['lastRun'];
  /** For the log: the error's type and nothing of its message, which may quote a payload. */
  readonly reason: string;
}

function errorTypeOf({ payload, functionError }: Invocation): string {
  if (!functionError) return 'reported by the function';
  const error: { errorType?: unknown } | null = JSON.parse(payload);
  return String(error?.errorType ?? functionError);
}

/** Runs the function once. Undefined when it did not run: throttled, or an error of the service. */
async function invoke(run: MappingRun, shardId: string, { records }: Piece): Promise<Tried | undefined> {
  const { metrics, clock, settings } = run;
  const last = records.at(-1);
  if (last) metrics.iteratorAge(Math.max(0, clock.now() - last.record.arrivalMs));
  metrics.count('InvokedEventCount', records.length);
  try {
    const invocation = await run.lambda.invoke(run.functionArn, encodeEvent(records));
    const outcome = interpret(invocation, records, settings.reportsItemFailures);
    const functionError = outcome.kind === 'failed' ? outcome.functionError : null;
    return { outcome, lastRun: { requestId: invocation.requestId, functionError }, reason: errorTypeOf(invocation) };
  } catch (error) {
    if (!run.signal.aborted) run.log(`${shardId}: ${records.length} records wait, the function was not run: ${error}`);
    metrics.count('FailedInvokeEventCount', records.length);
    return undefined;
  }
}

/** Everything up to and with this record is done with. */
function checkpoint(run: MappingRun, shardId: string, record: EventRecord | undefined): void {
  if (record) run.checkpoints.save(shardId, { after: record.record.sequenceNumber });
}

/** Takes out what became too old. Records leave in order as a rule; the checkpoint passes only those at the front. */
async function dropOld(run: MappingRun, shardId: string, piece: Piece, lastRun: GivenUp['lastRun']): Promise<Piece> {
  const { expired, left } = expire(piece, run.settings.recordAgeMaxMs, run.clock.now());
  if (expired.length === 0) return piece;
  await giveUp(run, shardId, {
    condition: 'RecordAgeExceeded',
    records: expired,
    invocations: piece.invocations,
    lastRun: piece.invocations > 0 ? lastRun : undefined,
  });
  const front = piece.records.findIndex((record) => !expired.includes(record));
  checkpoint(run, shardId, front < 0 ? piece.records.at(-1) : piece.records[front - 1]);
  return left;
}

/** Takes out what the stream has removed since: a mapping without limits is held up until then. */
function dropRemoved(run: MappingRun, shardId: string, piece: Piece): Piece {
  const first = oldestIn(run, shardId);
  if (first === undefined) return piece;
  const left = piece.records.filter(({ record }) => first !== null && BigInt(record.sequenceNumber) >= first);
  if (left.length === piece.records.length) return piece;
  run.log(`${shardId}: ${piece.records.length - left.length} records lost, the stream retains them no longer`);
  return { ...piece, records: left };
}

/** The first sequence number the shard holds; null when it holds none, undefined when that cannot be told now. */
function oldestIn({ reader, settings }: MappingRun, shardId: string): bigint | null | undefined {
  try {
    const [oldest] = reader.read(settings.streamArn, shardId, 'TRIM_HORIZON', 1).records;
    return oldest ? BigInt(oldest.sequenceNumber) : null;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === 'ResourceNotFoundException' ? null : undefined;
  }
}

/** Counts and concludes one try, and gives what is to be tried next. */
async function conclude(run: MappingRun, shardId: string, piece: Piece, tried: Tried): Promise<readonly Piece[]> {
  const { outcome, lastRun, reason } = tried;
  const { finished, discarded, next } = settle(piece, outcome, run.settings);
  if (outcome.kind !== 'succeeded') {
    const failed = outcome.kind === 'failed' ? piece.records.length : outcome.failures;
    run.metrics.count('FailedInvokeEventCount', failed);
    run.log(`${shardId}: ${failed} of ${piece.records.length} records failed, ${reason}`);
  }
  if (discarded) {
    const { records, invocations } = discarded;
    await giveUp(run, shardId, { condition: 'RetryAttemptsExhausted', records, invocations, lastRun });
  }
  checkpoint(run, shardId, discarded ? discarded.records.at(-1) : piece.records[finished - 1]);
  return next;
}

/** Brings one batch to its end: delivered, given up or expired. Returns early only when the mapping stops. What is left
 *  of a batch is tried in the order of the shard, so the checkpoint never passes a record that is still open. */
export async function deliver(run: MappingRun, shardId: string, batch: readonly EventRecord[]): Promise<void> {
  let queue: readonly Piece[] = [{ records: batch, invocations: 0 }];
  let lastRun: GivenUp['lastRun'];
  let refusals = 0;
  const pause = (attempt: number) => run.clock.sleep(backOffMs(attempt, run.backOff), run.signal);

  for (let again = false; queue.length > 0 && !run.signal.aborted; ) {
    const [head, ...rest] = queue as readonly [Piece, ...Piece[]];
    const present = again ? dropRemoved(run, shardId, head) : head;
    const piece = await dropOld(run, shardId, present, lastRun);
    queue = piece.records.length === 0 ? rest : [piece, ...rest];
    if (piece.records.length === 0) continue;

    again = true;
    const tried = await invoke(run, shardId, piece);
    if (!tried) {
      refusals += 1;
      await pause(refusals);
      continue;
    }
    refusals = 0;
    lastRun = tried.lastRun;
    const next = await conclude(run, shardId, piece, tried);
    queue = [...next, ...rest];
    if (next[0]) await pause(next[0].invocations);
  }
}
