import { isDeepStrictEqual } from 'node:util';
import type { Call } from './call.ts';

/** Two answers to one call. */
export interface Differing {
  readonly step: number;
  readonly call: Call;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** A difference that stays, since AWS does as we do. */
export interface KnownDifference {
  /** What kinesis-local does. */
  readonly title: string;
  /** What AWS does, and where that is to be seen. */
  readonly source: string;
  /** Whether the two are in different states behind it, so that no more can be compared. */
  readonly isLasting?: boolean;
  /** The answers without the difference; the very same when they do not have it. */
  even(differing: Differing): Differing;
}

/** kinesalite is another server whose tests were run against AWS too: they hold its very answers. */
const RECORDED = "recorded at AWS by kinesalite's tests";

const INVALID = 'InvalidArgumentException';
const VALIDATION = 'ValidationException';
const RESHARD = ['SplitShard', 'MergeShards', 'UpdateShardCount'];

/** The errors of the two, undefined for success. */
type Errors = readonly [ours: string | undefined, theirs: string | undefined];

const errorOf = (answer: unknown) => (answer as { readonly error?: string }).error;

/** Another error, or an error against success; of every operation when none is named. */
function refusal(
  title: string,
  source: string,
  operations: readonly string[],
  ...errors: readonly Errors[]
): KnownDifference {
  const isOne = ({ call, ours, theirs }: Differing) =>
    (operations.length === 0 || operations.includes(call.operation)) &&
    errors.some((pair) => isDeepStrictEqual(pair, [errorOf(ours), errorOf(theirs)]));
  return {
    title,
    source,
    even: (differing) => (isOne(differing) ? { ...differing, theirs: differing.ours } : differing),
  };
}

const lasting = (known: KnownDifference): KnownDifference => ({ ...known, isLasting: true });

/** Answers changed in both alike, of some operations. */
function changed(
  title: string,
  source: string,
  operations: readonly string[],
  change: (answer: unknown) => unknown,
): KnownDifference {
  const isOne = ({ call }: Differing) => operations.includes(call.operation);
  return {
    title,
    source,
    even: (differing) =>
      isOne(differing) ? { ...differing, ours: change(differing.ours), theirs: change(differing.theirs) } : differing,
  };
}

/** A member, wherever it stands, as something else; undefined leaves it out. */
function member(names: readonly string[], as: (value: unknown) => unknown): (answer: unknown) => unknown {
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, each]) => [name, names.includes(name) ? as(each) : change(each)]);
    return Object.fromEntries(members.filter(([, each]) => each !== undefined));
  };
  return change;
}

const without = (...names: string[]) => member(names, () => undefined);

const filterOf = ({ call }: Differing) => (call.input.ShardFilter as { readonly Type?: string } | undefined)?.Type;

export const KNOWN: readonly KnownDifference[] = [
  refusal(
    'iterators and hash keys that are none are internal errors',
    `${INVALID}, ${VALIDATION}, ${RECORDED} (getRecords, putRecord)`,
    ['GetRecords', 'PutRecord', 'PutRecords'],
    [INVALID, 'undefined'],
    [VALIDATION, 'undefined'],
  ),
  refusal(
    'members that break constraints have another error',
    `${VALIDATION}, ${RECORDED} (all operations)`,
    [],
    [VALIDATION, INVALID],
    [VALIDATION, 'SerializationException'],
    [VALIDATION, 'LimitExceededException'],
    [VALIDATION, 'ResourceNotFoundException'],
    [VALIDATION, 'ResourceInUseException'],
  ),
  refusal(
    'PutRecords takes no records',
    `${VALIDATION}, ${RECORDED} (putRecords)`,
    ['PutRecords'],
    [VALIDATION, undefined],
  ),
  refusal(
    'iterators are given at LATEST with a sequence number, and at times to come',
    `${INVALID}, ${RECORDED} (getShardIterator)`,
    ['GetShardIterator'],
    [INVALID, undefined],
  ),
  refusal(
    "another shard's sequence number is not found",
    `${INVALID}, ${RECORDED} (getShardIterator)`,
    ['GetShardIterator'],
    [INVALID, 'ResourceNotFoundException'],
  ),
  refusal(
    'a missing sequence number is told before a missing shard',
    `ResourceNotFoundException, ${RECORDED} (getShardIterator)`,
    ['GetShardIterator'],
    ['ResourceNotFoundException', INVALID],
  ),
  refusal(
    'more than double or less than half of the shards is an invalid argument',
    `LimitExceededException, ${RECORDED} (updateShardCount)`,
    ['UpdateShardCount'],
    ['LimitExceededException', INVALID],
  ),
  refusal(
    'a closed shard that is to be split or merged is in use',
    `${INVALID}: ResourceInUseException is for streams that are not active, API reference, SplitShard, MergeShards`,
    ['SplitShard', 'MergeShards'],
    [INVALID, 'ResourceInUseException'],
  ),
  lasting(
    refusal(
      'a shard is split at its first hash key',
      `${INVALID}, ${RECORDED} (splitShard)`,
      ['SplitShard'],
      [INVALID, undefined],
    ),
  ),
  lasting(
    refusal('on-demand streams are resharded', `${VALIDATION}, API reference, ${RESHARD.join(', ')}`, RESHARD, [
      VALIDATION,
      undefined,
    ]),
  ),
  changed(
    'ListStreams heeds no name to start with and tells no summaries',
    'API reference, ListStreams: ExclusiveStartStreamName, StreamSummaries',
    ['ListStreams'],
    without('StreamNames', 'StreamSummaries', 'HasMoreStreams'),
  ),
  changed(
    'tags are in no order, and pages of them repeat',
    'API reference, ListTagsForStream: "all tags that occur after ExclusiveStartTagKey"',
    ['ListTagsForStream'],
    without('Tags', 'HasMoreTags'),
  ),
  changed(
    'NextToken comes with the last consumer',
    'API reference, ListStreamConsumers: NextToken when there are more',
    ['ListStreamConsumers'],
    without('NextToken'),
  ),
  changed(
    'DescribeStreamConsumer tells tags',
    'API reference, ConsumerDescription',
    ['DescribeStreamConsumer'],
    without('Tags'),
  ),
  lasting(
    changed(
      'UpdateShardCount tells no StreamARN, and gets to its shards by other steps',
      'API reference, UpdateShardCount; the steps are not published',
      ['UpdateShardCount'],
      without('StreamARN'),
    ),
  ),
  lasting(
    refusal(
      'half of three shards is one',
      '"below half": API reference, UpdateShardCount',
      ['UpdateShardCount'],
      ['LimitExceededException', undefined],
    ),
  ),
  refusal(
    'a filter without the shard that it is about names one that is not found',
    `${INVALID}: "you must also provide the value for ShardId", API reference, ListShards`,
    ['ListShards'],
    [INVALID, 'ResourceNotFoundException'],
  ),
  {
    title: 'filters give shards that were made later',
    source: '"start timestamp is less than or equal to", "open at TRIM_HORIZON": API reference, ShardFilter',
    even: (differing) =>
      ['AT_TIMESTAMP', 'AT_TRIM_HORIZON'].includes(filterOf(differing) ?? '')
        ? { ...differing, theirs: differing.ours }
        : differing,
  },
  lasting(
    refusal(
      'the mode may be switched more than twice a day',
      'API reference, UpdateStreamMode, LimitExceededException; Developer Guide, capacity modes: twice in 24 hours',
      ['UpdateStreamMode'],
      ['LimitExceededException', undefined],
    ),
  ),
  changed(
    'of records that arrived together some are not behind',
    '"zero indicates that record processing is caught up": API reference, GetRecords, MillisBehindLatest',
    ['GetRecords'],
    without('MillisBehindLatest'),
  ),
  changed(
    'EncryptionType NONE is told of records, KMS when they are read',
    'AWS leaves NONE out in its examples, API reference, PutRecord; of records read nothing is told here (docs/local.md)',
    ['PutRecord', 'PutRecords', 'GetRecords'],
    without('EncryptionType'),
  ),
  changed(
    'MaxRecordSizeInKiB is not told',
    'API reference, StreamDescriptionSummary',
    ['DescribeStreamSummary'],
    without('MaxRecordSizeInKiB'),
  ),
  changed(
    'hash keys are cut one to three lower',
    `from i * 2^128 / n to (i + 1) * 2^128 / n - 1, ${RECORDED} (describeStream)`,
    ['DescribeStream', 'ListShards', 'GetRecords'],
    member(['StartingHashKey', 'EndingHashKey'], (value) => Number(value).toPrecision(12)),
  ),
];

/** The known differences that make the two answers what they are; none when they do not explain it. */
export function explain(differing: Differing): readonly KnownDifference[] {
  const found: KnownDifference[] = [];
  let rest = differing;
  for (const known of KNOWN) {
    const evened = known.even(rest);
    if (!isDeepStrictEqual([evened.ours, evened.theirs], [rest.ours, rest.theirs])) found.push(known);
    rest = evened;
    if (isDeepStrictEqual(rest.ours, rest.theirs)) return found;
  }
  return [];
}
