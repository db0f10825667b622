import { LogError } from '../../core/engine/shard-state.ts';
import { faultsOf } from './check.ts';
import { droppedOf } from './dropped.ts';
import { Faults } from './faults.ts';
import { Heartbeats } from './heartbeats.ts';
import { Operator } from './operator.ts';
import { type Expected, expectationOf } from './oracle.ts';
import { expectationBehind } from './oracle-behind.ts';
import type { PartOutcome } from './outcome.ts';
import { inspectorOf, type Part, partOn, streamsOf } from './parts.ts';
import { isBehind } from './plan.ts';
import { Producer } from './producer.ts';
import { Random } from './random.ts';
import { CLASSES, type FaultClass, type Scenario, scenarioOf } from './scenario.ts';
import { Services } from './services.ts';
import { makeWorkload, type Put } from './workload.ts';
import { Stuck, World } from './world.ts';

export interface Result {
  readonly scenario: Scenario;
  /** Sentences; none when the run was right. */
  readonly faults: readonly string[];
  /** What happened, a line each. */
  readonly trace: readonly string[];
}

/** How long after the last event faults go on. */
const AFTERMATH_MS = 100_000;
/** How long it may take to catch up once nothing fails any more. */
const CATCH_UP_MS = 900_000;
/** The producer waits so long for another event to put with one. */
const MAX_LINGER_MS = 2_000;
/** Redrives of everything that is parked until nothing is. */
const MAX_REDRIVES = 10;
/** Longer than anything waits for event time, and how often that must pass until it has passed behind the hop
 *  too, and what full commits left over has been seen to. */
const ALL_TIME_MS = 3_600_000;
const LAST_BEATS = 4;

/** Runs one scenario: the functions on services that do what services do, under a producer, mappings and an operator. */
export async function simulate(scenario: Scenario): Promise<Result> {
  const world = new World();
  const random = new Random(scenario.seed);
  const streams = streamsOf(scenario, world, random);
  const services = new Services(world, streams, random.fork('services'));
  const faults = new Faults(world, services, random.fork('faults'), scenario);
  const parts = streams.map((stream, hop) => partOn(stream, hop, scenario, services, faults, world, random));
  const puts = new Map<Uint8Array, Put>();
  const producer = new Producer(world, faults, random.fork('producer'), puts);
  const heartbeats = new Heartbeats(world, faults, random.fork('heartbeats'));
  const operator = new Operator({ world, faults, parts, puts, scenario }, random.fork('operator'));
  const workload = makeWorkload(random.fork('workload'), scenario);

  async function drained(): Promise<void> {
    const endMs = world.nowMs + CATCH_UP_MS;
    const areDrained = () => parts.every(({ mapping }) => mapping.isDrained);
    await world.until(() => areDrained() || world.nowMs > endMs);
    const lag = parts.reduce((sum, { mapping }) => sum + mapping.lag, 0);
    if (!areDrained()) throw new Stuck(`${lag} records are left long after the last fault`);
  }

  async function main(): Promise<void> {
    for (const { mapping } of parts) void mapping.run();
    if (scenario.on.has('heartbeats')) void heartbeats.run(scenario.pace);
    await load(workload, producer, operator, world, random.fork('load'));
    heartbeats.end();
    await world.sleep(AFTERMATH_MS);
    await operator.finish();
    await world.sleep(AFTERMATH_MS);
    faults.end();
    await drained();
    for (let redrives = 0; scenario.isFixed && (await operator.parkedKeys()).length > 0; redrives++) {
      if (redrives === MAX_REDRIVES) throw new Stuck(`${await operator.parkedKeys()} stay parked`);
      await operator.redrive();
      await drained();
    }
    if (scenario.kind === 'plain' && !scenario.on.has('retention')) return;
    for (let beats = 0; beats < LAST_BEATS; beats++) {
      await world.sleep(ALL_TIME_MS);
      await heartbeats.beat();
      await drained();
    }
  }

  try {
    await world.run(main());
    const [first, ...behind] = parts as [Part, ...Part[]];
    /** Reads the logs anew. */
    const afresh = (part: Part, expected: Expected): PartOutcome => {
      const inspector = inspectorOf(part.stream, part.hop, scenario, services, world, random.fork('fresh'));
      return { ...part, inspector, expected };
    };
    const expected = expectationOf(first.stream.accepted, puts, scenario, droppedOf(first, services));
    const outcomes: [PartOutcome, ...PartOutcome[]] = [
      afresh(first, expected),
      ...behind.map((part) =>
        afresh(
          part,
          isBehind(scenario.kind) ? expectationBehind(part.stream.accepted, expected, scenario.kind) : NOTHING,
        ),
      ),
    ];
    const found = await faultsOf({ scenario, services, parts: outcomes, operator, workload });
    return { scenario, faults: found, trace: world.trace };
  } catch (error) {
    if (!(error instanceof Stuck || error instanceof LogError)) throw error;
    return { scenario, faults: [String(error)], trace: world.trace };
  }
}

/** What comes over a hop in groups is judged by what becomes of it. */
const NOTHING: Expected = { taken: new Map(), quarantined: new Map(), dropped: [] };

/** Puts the events in their time, and does what the operator does meanwhile. */
async function load(
  workload: readonly Put[],
  producer: Producer,
  operator: Operator,
  world: World,
  random: Random,
): Promise<void> {
  for (let next = 0; next < workload.length; ) {
    const [first, ...rest] = workload.slice(next, next + random.between(1, 5)) as [Put, ...Put[]];
    const later = rest.findIndex(({ afterMs }) => afterMs > MAX_LINGER_MS);
    const batch = [first, ...(later < 0 ? rest : rest.slice(0, later))];
    await world.sleep(first.afterMs);
    operator.act(next / workload.length);
    await producer.put(batch);
    if ((batch.at(-1)?.users.length ?? 0) > 1) operator.reshardEarly();
    next += batch.length;
  }
}

/** The same seed with as few records and as few kinds of faults as still fail. */
export async function shrink(failed: Result): Promise<Result> {
  let least = await fewerRecords(failed, failed.scenario.off);
  const off = new Set(failed.scenario.off);
  for (const each of CLASSES.filter((kind) => failed.scenario.on.has(kind))) {
    const smaller = await simulate(scenarioOf(failed.scenario.seed, least.scenario.records, new Set([...off, each])));
    if (smaller.faults.length === 0) continue;
    off.add(each);
    least = smaller;
  }
  return fewerRecords(least, off);
}

async function fewerRecords(failed: Result, off: ReadonlySet<FaultClass>): Promise<Result> {
  for (let records = 1; records < failed.scenario.records; records++) {
    const smaller = await simulate(scenarioOf(failed.scenario.seed, records, off));
    if (smaller.faults.length > 0) return smaller;
  }
  return failed;
}
