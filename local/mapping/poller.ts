import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ShardInfo, ShardPosition, ShardRead } from '../services/kinesis-reader.ts';
import { type BatchingStep, nextStep } from './batching.ts';
import type { Checkpoint } from './checkpoint.ts';
import { closeWindow, deliver } from './delivery.ts';
import { giveUp } from './destination.ts';
import type { EventRecord } from './event.ts';
import { takeIn } from './intake.ts';
import { laneOf } from './lanes.ts';
import { BATCH_SIZE_MAX } from './limits.ts';
import { trackProgress } from './progress.ts';
import { backOffMs } from './retry.ts';
import type { MappingRun, ShardRun } from './run.ts';
import { windowAt } from './tumbling.ts';

/** Records of some of a shard's keys; one batch of them at a time is under way. */
interface Lane {
  records: EventRecord[];
  /** End of the batching window. */
  windowEndMs: number;
  busy: boolean;
}

/** Reads on, however often the stream refuses. Undefined when the mapping stops. */
async function read(run: ShardRun, from: ShardPosition, limit: number): Promise<ShardRead | undefined> {
  for (let failures = 1; !run.signal.aborted; failures += 1) {
    try {
      const found = run.reader.read(run.settings.sourceArn, run.shardId, from, limit);
      run.metrics.count('PolledEventCount', found.records.length);
      return found;
    } catch (error) {
      if (failures === 1) run.log(`${run.shardId}: cannot be read, trying again: ${error}`);
      await run.clock.sleep(backOffMs(failures, run.backOff), run.signal);
    }
  }
  return undefined;
}

/** A record whose event is over 6 MB cannot be delivered at all. */
async function giveUpTooLarge(run: ShardRun, records: readonly EventRecord[]): Promise<void> {
  await giveUp(run, { condition: 'RetryAttemptsExhausted', records, invocations: 0, lastRun: undefined });
  run.progress.finish(records);
}

class ShardPoller {
  readonly #run: ShardRun;
  readonly #lanes: readonly Lane[];
  /** Null once the shard is closed and read to its end. */
  #position: ShardPosition | null;
  /** What has been delivered. */
  #reached: ShardPosition;
  #caughtUp = false;
  #failure: { readonly error: unknown } | undefined;
  /** Ends the pause there may be. */
  #bell = new AbortController();

  constructor(mapping: MappingRun, { shardId, hashKeyRange }: ShardInfo, from: Checkpoint) {
    const progress = trackProgress((sequenceNumber) => this.#save({ after: sequenceNumber }));
    this.#run = { ...mapping, shardId, hashKeyRange, progress, window: from.window };
    this.#reached = this.#position = from.position;
    const lane = () => ({ records: [], windowEndMs: this.#windowEndMs(), busy: false });
    this.#lanes = Array.from({ length: mapping.settings.parallelizationFactor }, lane);
    mapping.signal.addEventListener('abort', () => this.#bell.abort(), { once: true });
  }

  async poll(): Promise<boolean> {
    const { signal } = this.#run;
    while (!signal.aborted && !this.#failure) {
      const steps = this.#advance();
      if (!steps) continue;
      if (steps.length === this.#lanes.length && steps.every((step) => step.do === 'finish')) return true;
      const limit = steps.reduce((sum, step) => sum + (step.do === 'read' ? step.limit : 0), 0);
      if (limit > 0 && this.#run.progress.bytes < this.#run.readAheadBytesMax) await this.#read(limit);
      else await this.#pause(steps);
    }
    while (this.#lanes.some(({ busy }) => busy)) await this.#untilRung();
    if (this.#failure) throw this.#failure.error;
    return false;
  }

  /** Has the idle lanes do what they can. Undefined when one of them did, else what each of them needs. */
  #advance(): readonly BatchingStep[] | undefined {
    const gathered = { caughtUp: this.#caughtUp, drained: this.#position === null, tumbling: this.#run.window };
    const nowMs = this.#run.clock.now();
    const idle = this.#lanes.filter(({ busy }) => !busy);
    const rules = { ...this.#run.settings, windowMs: this.#run.windowMs() };
    const steps = idle.map((lane) => nextStep({ ...lane, ...gathered }, rules, nowMs));
    const acted = idle.filter((lane, index) => this.#act(lane, steps[index]));
    return acted.length > 0 ? undefined : steps;
  }

  #act(lane: Lane, step: BatchingStep | undefined): boolean {
    if (step?.do === 'invoke') void this.#work(lane, () => this.#deliver(lane.records.splice(0, step.count)));
    else if (step?.do === 'give-up') void this.#work(lane, () => giveUpTooLarge(this.#run, lane.records.splice(0, 1)));
    else if (step?.do === 'close-window') void this.#work(lane, () => this.#closeWindow(step.early));
    else if (step?.do === 'open-window') lane.windowEndMs = this.#windowEndMs();
    else return false;
    return true;
  }

  async #work(lane: Lane, task: () => Promise<void>): Promise<void> {
    lane.busy = true;
    try {
      await task();
    } catch (error) {
      this.#failure = { error };
    }
    lane.busy = false;
    lane.windowEndMs = this.#windowEndMs();
    this.#bell.abort();
  }

  async #deliver(batch: readonly EventRecord[]): Promise<void> {
    const { settings, window } = this.#run;
    const [first] = batch;
    if (first && settings.tumblingMs > 0)
      this.#run.window = window ?? windowAt(first.record.arrivalMs, settings.tumblingMs);
    await deliver(this.#run, batch);
  }

  async #closeWindow(early: boolean): Promise<void> {
    const { window } = this.#run;
    if (window && !(await closeWindow(this.#run, window, early))) return;
    this.#run.window = undefined;
    this.#save(this.#reached);
  }

  #save(position: ShardPosition): void {
    this.#reached = position;
    this.#run.checkpoints.save(this.#run.shardId, { position, window: this.#run.window });
  }

  async #read(limit: number): Promise<void> {
    const { source, settings, progress, metrics } = this.#run;
    const from = this.#position;
    const found = from && (await read(this.#run, from, Math.min(limit, BATCH_SIZE_MAX)));
    if (!found) return;
    // From here on LATEST means this place, also after a restart.
    if (from === 'LATEST' && found.next && found.records.length === 0) this.#save(found.next);
    this.#caughtUp = found.records.length === 0 || found.millisBehindLatest === 0;
    this.#position = found.next;
    let filteredOut = 0;
    for (const record of found.records) {
      const taken = takeIn(record, settings, source, this.#run);
      filteredOut += taken.filteredOut;
      progress.take(record.sequenceNumber, taken.parts);
      this.#lanes[laneOf(record.partitionKey, this.#lanes.length)]?.records.push(...taken.parts);
    }
    progress.finish([]);
    if (settings.filter) {
      metrics.count('FilteredOutEventCount', filteredOut);
      await nextTurn(); // where nothing passes, nothing else would let others have their turn
    }
  }

  /** Until the next read is due, or the end of a window; until a lane is free, or the mapping stops. */
  async #pause(steps: readonly BatchingStep[]): Promise<void> {
    const { clock, pollIntervalMs } = this.#run;
    const dueMs = steps.map((step) => (step.do === 'wait' ? step.untilMs - clock.now() : Number.POSITIVE_INFINITY));
    const isReading = steps.some((step) => step.do === 'wait');
    if (isReading) await clock.sleep(Math.min(pollIntervalMs, ...dueMs), this.#newBell());
    else await this.#untilRung();
    this.#caughtUp = false;
  }

  #untilRung(): Promise<unknown> {
    const rung = this.#newBell();
    return new Promise((resolve) => rung.addEventListener('abort', resolve, { once: true }));
  }

  #newBell(): AbortSignal {
    this.#bell = new AbortController();
    return this.#bell.signal;
  }

  #windowEndMs(): number {
    return this.#run.clock.now() + this.#run.windowMs();
  }
}

/** Reads one shard from a position and hands its records to lanes by their keys; each lane delivers batch by batch, one
 *  at a time. Resolves with true once the shard is closed and all of it is processed, with false when the mapping stops. */
export function pollShard(mapping: MappingRun, shard: ShardInfo, from: Checkpoint): Promise<boolean> {
  return new ShardPoller(mapping, shard, from).poll();
}
