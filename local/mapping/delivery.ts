import { ServiceError } from '../services/json-api.ts';
import type { Invocation } from '../services/lambda/hosted.ts';
import { giveUp } from './destination.ts';
import { type EventRecord, encodeEvent } from './event.ts';
import type { GivenUp } from './failure-message.ts';
import { interpret, type Outcome, stateOf } from './response.ts';
import { backOffMs, expire, type Piece, type Settlement, settle } from './retry.ts';
import type { ShardRun } from './run.ts';
import { type OpenWindow, windowFields } from './tumbling.ts';

interface Tried {
  readonly outcome: Outcome;
  readonly lastRun: GivenUp['lastRun'];
  /** For the log: the error's type and nothing of its message, which may quote a payload. */
  readonly reason: string;
  /** What the answer makes the state of the tumbling window. */
  readonly state: string | undefined;
}

function errorTypeOf({ payload, functionError }: Invocation): string {
  if (!functionError) return 'reported by the function';
  const error: { errorType?: unknown } | null = JSON.parse(payload);
  return String(error?.errorType ?? functionError);
}

/** What came of an invocation. With tumbling windows an answer without a state is a failure. */
function judge({ settings }: ShardRun, invocation: Invocation, records: readonly EventRecord[]): Tried {
  const isWindowed = settings.tumblingMs > 0;
  const read = interpret(invocation, records, settings.reportsItemFailures, isWindowed);
  const state = isWindowed && read.kind !== 'failed' ? stateOf(invocation.payload) : undefined;
  const isStateless = isWindowed && read.kind !== 'failed' && state === undefined;
  const outcome: Outcome = isStateless ? { kind: 'failed', functionError: null } : read;
  const functionError = outcome.kind === 'failed' ? outcome.functionError : null;
  const reason = isStateless ? 'the answer has no state' : errorTypeOf(invocation);
  return { outcome, lastRun: { requestId: invocation.requestId, functionError }, reason, state };
}

const FAILED = 'PROBLEM: Function call failed';

/** Runs the function once. Undefined when it did not run: throttled, or an error of the service. */
async function invoke(run: ShardRun, records: readonly EventRecord[], event: string): Promise<Tried | undefined> {
  const { metrics, clock, shardId } = run;
  const last = records.at(-1);
  if (last) metrics.iteratorAge(Math.max(0, clock.now() - last.record.arrivalMs));
  metrics.count('InvokedEventCount', records.length);
  try {
    const tried = judge(run, await run.lambda.invoke(run.functionArn, event), records);
    run.processed(tried.outcome.kind === 'succeeded' ? 'OK' : FAILED);
    return tried;
  } catch (error) {
    if (!run.signal.aborted) run.log(`${shardId}: ${records.length} records wait, the function was not run: ${error}`);
    metrics.count('FailedInvokeEventCount', records.length);
    run.processed(FAILED);
    return undefined;
  }
}

function eventOf(run: ShardRun, records: readonly EventRecord[]): string {
  const { window, shardId, source } = run;
  return encodeEvent(records, window && windowFields(window, { shardId, arn: source.arn }));
}

/** Takes out what became too old. */
async function dropOld(run: ShardRun, piece: Piece, lastRun: GivenUp['lastRun']): Promise<Piece> {
  const { expired, left } = expire(piece, run.settings.recordAgeMaxMs, run.clock.now());
  if (expired.length === 0) return piece;
  await giveUp(run, {
    condition: 'RecordAgeExceeded',
    records: expired,
    invocations: piece.invocations,
    lastRun: piece.invocations > 0 ? lastRun : undefined,
  });
  run.progress.finish(expired);
  return left;
}

/** Takes out what the stream has removed since: a mapping without limits is held up until then. */
function dropRemoved(run: ShardRun, piece: Piece): Piece {
  const first = oldestIn(run);
  if (first === undefined) return piece;
  const isThere = ({ record }: EventRecord) => first !== null && BigInt(record.sequenceNumber) >= first;
  const lost = piece.records.filter((record) => !isThere(record));
  if (lost.length === 0) return piece;
  run.log(`${run.shardId}: ${lost.length} records lost, the stream retains them no longer`);
  run.progress.finish(lost);
  return { ...piece, records: piece.records.filter(isThere) };
}

/** The first sequence number the shard holds; null when it holds none, undefined when that cannot be told now. */
function oldestIn({ reader, settings, shardId }: ShardRun): bigint | null | undefined {
  try {
    const [oldest] = reader.read(settings.sourceArn, shardId, 'TRIM_HORIZON', 1).records;
    return oldest ? BigInt(oldest.sequenceNumber) : null;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === 'ResourceNotFoundException' ? null : undefined;
  }
}

/** Counts and concludes one try; gives what was given up in it, and what is to be tried next. */
async function conclude(run: ShardRun, piece: Piece, tried: Tried): Promise<Pick<Settlement, 'discarded' | 'next'>> {
  const { outcome, reason, state } = tried;
  const { finished, discarded, next } = settle(piece, outcome, run.settings);
  if (outcome.kind !== 'succeeded') {
    const failed = outcome.kind === 'failed' ? piece.records.length : outcome.failures;
    run.metrics.count('FailedInvokeEventCount', failed);
    run.log(`${run.shardId}: ${failed} of ${piece.records.length} records failed, ${reason}`);
  }
  if (run.window && state !== undefined && finished > 0) run.window = { ...run.window, state };
  run.progress.finish(piece.records.slice(0, finished));
  return { discarded, next };
}

/** Pieces given up side by side while a batch is bisected are told of in one message, as CloudFormation's reference says
 *  of BisectBatchOnFunctionError. Until then the checkpoint stays before them. */
class Discards {
  readonly #run: ShardRun;
  #held: (Piece & Pick<GivenUp, 'lastRun'>) | undefined;

  constructor(run: ShardRun) {
    this.#run = run;
  }

  async add({ records, invocations }: Piece, lastRun: GivenUp['lastRun']): Promise<void> {
    this.#held = { records: [...(this.#held?.records ?? []), ...records], invocations, lastRun };
    if (!this.#run.mergesDiscards) await this.flush();
  }

  async flush(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    await giveUp(this.#run, { condition: 'RetryAttemptsExhausted', ...held });
    this.#run.progress.finish(held.records);
  }
}

const pause = (run: ShardRun, attempt: number) => run.clock.sleep(backOffMs(attempt, run.backOff), run.signal);

/** Brings one batch to its end: delivered, given up or expired. Returns early only when the mapping stops. What is left
 *  of a batch is tried in the order of the shard. */
export async function deliver(run: ShardRun, batch: readonly EventRecord[]): Promise<void> {
  let queue: readonly Piece[] = [{ records: batch, invocations: 0 }];
  let lastRun: GivenUp['lastRun'];
  let refusals = 0;
  const discards = new Discards(run);

  for (let again = false; queue.length > 0 && !run.signal.aborted; ) {
    const [head, ...rest] = queue as readonly [Piece, ...Piece[]];
    const present = again ? dropRemoved(run, head) : head;
    const piece = await dropOld(run, present, lastRun);
    queue = piece.records.length === 0 ? rest : [piece, ...rest];
    if (piece.records.length === 0) continue;

    again = true;
    const tried = await invoke(run, piece.records, eventOf(run, piece.records));
    if (!tried) {
      refusals += 1;
      await pause(run, refusals);
      continue;
    }
    refusals = 0;
    lastRun = tried.lastRun;
    if (tried.outcome.kind !== 'failed') await discards.flush();
    const { discarded, next } = await conclude(run, piece, tried);
    if (discarded) await discards.add(discarded, lastRun);
    queue = [...next, ...rest];
    if (next[0]) await pause(run, next[0].invocations);
  }
  if (queue.length === 0) await discards.flush();
}

/** Has the function conclude the tumbling window. Is tried again like a batch, while the shard waits; once the retries
 *  are spent the window ends without it. False when the mapping stops before. */
export async function closeWindow(run: ShardRun, window: OpenWindow, early: boolean): Promise<boolean> {
  const { shardId, source, settings } = run;
  const event = encodeEvent([], windowFields(window, { shardId, arn: source.arn }, { early }));
  let invocations = 0;
  for (let tries = 1; !run.signal.aborted; tries += 1) {
    const tried = await invoke(run, [], event);
    if (tried && tried.outcome.kind !== 'failed') return true;
    if (tried) {
      invocations += 1;
      run.log(`${shardId}: the final invocation of a window failed, ${tried.reason}`);
      if (invocations > settings.retryAttemptsMax) return true;
    }
    await pause(run, tries);
  }
  return false;
}
