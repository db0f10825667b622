import type { SnapshotPolicy } from '../../core/engine/shard-log.ts';
import { hasHop, type Kind } from './plan.ts';
import { Random } from './random.ts';

/** Everything that can fail, nothing that fails, or nothing and one environment for each shard only. */
export type Weather = 'storm' | 'calm' | 'still';
const WEATHERS: readonly Weather[] = ['still', 'calm', 'storm', 'storm', 'storm', 'storm', 'storm', 'storm'];

/** What can be left out of a run, one by one, to see what it takes to fail. */
export const CLASSES = [
  // of the world, in storms only
  'freezes',
  'deaths',
  'throttles',
  'lost-answers',
  'outages',
  'refusals',
  'double-rows',
  'short-deadlines',
  'redeliveries',
  'early-children',
  'retention',
  // of what is put, in every weather
  'retries',
  'bad-data',
  'aggregates',
  'faulty-events',
  'reshards',
  'slow-traffic',
  'heartbeats',
] as const;
export type FaultClass = (typeof CLASSES)[number];
const OF_THE_WORLD = CLASSES.slice(0, CLASSES.indexOf('retries'));

/** Whether what the stream dropped had been taken in shows in the rows of states alone: neither in what is quarantined or
 *  parked, nor with children that begin while their parents' records are under way. */
const APART_FROM_RETENTION: readonly FaultClass[] = ['retries', 'bad-data', 'faulty-events', 'early-children'];

/** How time passes between two events: seconds, minutes (ids are forgotten on the way), or days (entries expire). */
export type Pace = 'seconds' | 'minutes' | 'days';

/** What a seed meets. */
export interface Scenario {
  readonly seed: number;
  readonly weather: Weather;
  /** Records that the producer puts, its retries among them. */
  readonly records: number;
  readonly on: ReadonlySet<FaultClass>;
  /** What was left out. */
  readonly off: ReadonlySet<FaultClass>;
  readonly pace: Pace;
  readonly kind: Kind;
  readonly shards: number;
  /** How long the stream keeps records. */
  readonly retentionMs: number;
  /** Whether some customers are behind the others in event time, more than they may be in one shard, and than may be
   *  guessed behind a hop of a shard that has had no event. */
  readonly isSkewed: boolean;
  /** Of the stream behind the hop, to begin with. */
  readonly shardsBehind: number;
  readonly customers: number;
  /** Whether steps throw on nearly everything, so that the budget stops the pipeline until it is fixed. */
  readonly isFlooded: boolean;
  /** Whether the steps are mended while the run lasts, and what is parked taken through. */
  readonly isFixed: boolean;
  /** How likely an idle environment is used again. */
  readonly reuse: number;
  readonly snapshots: SnapshotPolicy;
}

/** One by seed, since most seeds need not have all that a pipeline can. */
const KINDS: readonly Kind[] = ['plain', 'plain', 'timed', 'timed', 'hopped', 'grouped', 'joined', 'joined-behind'];

/** Longer than most things take, and shorter than the log is out of service when the stream's retention is to show. */
export const RETENTION_MS = 60_000;

const MAX_RECORDS = 30;
const FLOOD_RECORDS = 70;

/** Given the seed, everything else follows; `records` and `off` make it smaller. */
export function scenarioOf(seed: number, records?: number, off: ReadonlySet<FaultClass> = new Set()): Scenario {
  const random = new Random(seed).fork('scenario');
  const weather = WEATHERS[seed % WEATHERS.length] as Weather;
  const drawnPace = random.pick<Pace>(['seconds', 'seconds', 'seconds', 'seconds', 'minutes', 'days']);
  const pace = off.has('slow-traffic') ? 'seconds' : drawnPace;
  const isFlooded = drawnPace === 'seconds' && random.chance(0.06);
  const isWhole = isFlooded || pace === 'days';
  const drawn = new Set<FaultClass>(weather === 'storm' ? OF_THE_WORLD : []);
  if (pace !== 'seconds') drawn.add('slow-traffic');
  if (random.chance(0.2)) drawn.delete('early-children');
  if (random.chance(0.9)) drawn.add('retries');
  if (random.chance(0.8)) drawn.add('bad-data');
  if (random.chance(0.5)) drawn.add('aggregates');
  if (random.chance(0.6) || isFlooded) drawn.add('faulty-events');
  if (random.chance(0.8) && !isWhole) drawn.add('reshards');
  const kinds = random.fork('kind');
  const kind = isFlooded ? 'plain' : kinds.pick<Kind>(KINDS);
  if (kind !== 'plain' && kinds.chance(0.8)) drawn.add('heartbeats');
  const mayDrop = pace === 'seconds' && !isFlooded && !hasHop(kind);
  if (!mayDrop || !kinds.chance(0.2)) drawn.delete('retention');
  if (drawn.has('retention')) for (const each of APART_FROM_RETENTION) drawn.delete(each);
  return {
    seed,
    weather,
    records: records ?? (isFlooded ? FLOOD_RECORDS : MAX_RECORDS),
    on: new Set([...drawn].filter((each) => !off.has(each))),
    off,
    pace,
    kind,
    isSkewed: kinds.chance(0.5) && !hasHop(kind),
    shardsBehind: isWhole ? 1 : kinds.pick([1, 2]),
    retentionMs: drawn.has('retention') && !off.has('retention') ? RETENTION_MS : Number.POSITIVE_INFINITY,
    shards: isWhole ? 1 : random.pick([1, 1, 2, 3]),
    customers: isFlooded ? FLOOD_RECORDS : random.between(2, 8),
    isFlooded,
    isFixed: isFlooded || random.chance(0.8),
    reuse: weather === 'still' ? 1 : random.pick([0.5, 0.8, 0.95]),
    snapshots: random.pick([
      { bytes: 4_000_000, commits: 1_000 },
      { bytes: 4_000_000, commits: 3 },
      { bytes: 600, commits: 1_000 },
      { bytes: 1, commits: 1 },
    ]),
  };
}
