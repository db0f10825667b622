import {
  ARCHIVE_COLDER_AFTER_DAYS,
  BATCHING_SECONDS,
  BUFFER_SECONDS,
  COLDER_AFTER_DAYS,
  HEARTBEAT_SECONDS,
  PARALLELIZATION,
  QUERY_GIGABYTES,
  RETENTION_HOURS,
  SHARDS,
} from './limits.ts';

/** What is chosen for a stage. Each key can be given by CDK context: `cdk deploy -c stage=prod -c shards=8`. */
export interface StageConfig {
  /** Part of every name: lower-case letters and digits, at most 16. Default `dev`. */
  readonly stage: string;
  /** Names of the pipelines to deploy, of those in `pipelines/index.ts`; on the command line separated by commas. Undefined,
   *  the default, deploys all. */
  readonly pipelines: readonly string[] | undefined;
  /** Shards of each stream, or `on-demand`. Default 2. */
  readonly shards: number | 'on-demand';
  /** Hours that Kinesis keeps events. Default 24, which costs nothing extra; up to 168 the price of a shard more than
   *  doubles. Up to 169, what keeps failing is saved to S3 an hour before the end; beyond, Lambda cannot count that far:
   *  a record that fails for the whole time is then lost, after an alarm at half of it. */
  readonly retentionHours: number;
  /** What becomes of stream, log and lake when their stack is deleted. Default `retain`. */
  readonly removal: 'retain' | 'destroy';
  /** Longest time rows wait in Firehose; longer means fewer and larger files. Default 300. */
  readonly bufferSeconds: number;
  /** Concurrent batches per shard. Default 1, and nothing else is accepted as yet: see the stream mapping. */
  readonly parallelizationFactor: number;
  /** How often each shard gets a record that moves event time on where no events come, in whole minutes. Each is a commit
   *  of each pipeline whose shard has no events then: with 60, the default, up to 43,800 a month and shard. README.md says
   *  what that costs. */
  readonly heartbeatSeconds: number;
  /** Athena cancels a query that has scanned this much, at $5 per 1,000 GB. Default 100. */
  readonly queryLimitGigabytes: number;
  /** Age at which the tables' files move to S3 Standard-IA; undefined, the default, leaves them. */
  readonly tablesColderAfterDays: number | undefined;
  /** Longest time records wait for the archive; longer means fewer and larger objects. Default 300. */
  readonly archiveSeconds: number;
  /** Age at which what is archived moves to S3 Glacier Instant Retrieval; undefined, the default, leaves it. */
  readonly archiveColderAfterDays: number | undefined;
  /** Gets the alarms and the pipelines' alerts, once it has confirmed the subscriptions. */
  readonly alarmEmail: string | undefined;
}

/** A setting of the stage is not usable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly key: string;
  constructor(key: string, found: unknown, expected: string) {
    super(`'${key}': found ${JSON.stringify(found)}; expected ${expected}`);
    this.key = key;
  }
}

type Reader<Value> = (key: string, value: unknown) => Value;

const READERS: { readonly [Key in keyof StageConfig]: Reader<StageConfig[Key]> } = {
  stage: orDefault(
    'dev',
    matching(/^[a-z][a-z0-9]{0,15}$/, 'a lower-case letter and up to 15 letters and digits more'),
  ),
  pipelines: orDefault(undefined, names),
  shards: orDefault(2, (key, value) =>
    value === 'on-demand' ? value : integer(SHARDS, ", or 'on-demand'")(key, value),
  ),
  retentionHours: orDefault(24, integer(RETENTION_HOURS)),
  removal: orDefault<'retain' | 'destroy'>('retain', oneOf('retain', 'destroy')),
  bufferSeconds: orDefault(300, integer(BUFFER_SECONDS)),
  parallelizationFactor: orDefault(1, integer(PARALLELIZATION)),
  heartbeatSeconds: orDefault(60, integer(HEARTBEAT_SECONDS)),
  queryLimitGigabytes: orDefault(100, integer(QUERY_GIGABYTES)),
  tablesColderAfterDays: orDefault(undefined, integer(COLDER_AFTER_DAYS)),
  archiveSeconds: orDefault(300, integer(BATCHING_SECONDS)),
  archiveColderAfterDays: orDefault(undefined, integer(ARCHIVE_COLDER_AFTER_DAYS)),
  alarmEmail: orDefault(undefined, matching(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an e-mail address')),
};

/** The stage's configuration from CDK context or from plain values; numbers may be strings, as the command line gives
 *  them. Keys with ':' or '/' are CDK's own; any other key that is not known is refused, so that none is misspelt.
 *  @throws ConfigError naming key, value and what is expected. */
export function stageConfig(values: Readonly<Record<string, unknown>>): StageConfig {
  for (const key of Object.keys(values)) {
    if (!/[:/]/.test(key) && !(key in READERS)) {
      throw new ConfigError(key, values[key], `no such key; there are ${Object.keys(READERS).join(', ')}`);
    }
  }
  const entries = Object.entries(READERS).map(([key, read]) => [key, read(key, values[key])]);
  return Object.fromEntries(entries) as StageConfig;
}

function orDefault<Value>(fallback: Value, read: Reader<Value>): Reader<Value> {
  return (key, value) => (value === undefined ? fallback : read(key, value));
}

function names(key: string, value: unknown): readonly string[] {
  const found = typeof value === 'string' ? value.split(',') : value;
  if (Array.isArray(found) && found.length > 0 && found.every((name) => typeof name === 'string' && name !== '')) {
    return found;
  }
  throw new ConfigError(key, value, 'names separated by commas');
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
}

function integer({ min, max, step = 1 }: Range, or = ''): Reader<number> {
  const expected = step === 1 ? 'an integer' : `a multiple of ${step}`;
  return (key, value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && number % step === 0 && number >= min && number <= max) return number;
    throw new ConfigError(key, value, `${expected} from ${min} to ${max}${or}`);
  };
}

function oneOf<const Choice extends string>(...choices: readonly Choice[]): Reader<Choice> {
  return (key, value) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw new ConfigError(key, value, choices.map((each) => `'${each}'`).join(' or '));
    return choice;
  };
}

function matching(pattern: RegExp, expected: string): Reader<string> {
  return (key, value) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new ConfigError(key, value, expected);
  };
}
