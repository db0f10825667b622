import { LOCAL_ACCOUNT } from '../../service.ts';
import type { Operations } from '../json-api.ts';
import { invalidArgument } from './limits.ts';
import { consumerArn, type StreamReference, type Streams } from './streams.ts';

type Tags = Readonly<Record<string, string>>;

interface TagsInput extends StreamReference {
  readonly Tags: Tags;
}

interface TagKeysInput extends StreamReference {
  readonly TagKeys: readonly string[];
}

interface ListTagsInput extends StreamReference {
  readonly ExclusiveStartTagKey?: string;
  readonly Limit?: number;
}

interface ResourceInput {
  readonly ResourceARN: string;
}

/** Source: API reference, AddTagsToStream. */
const TAGS_MAX = 50;
const TAG_PATTERN = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;

/** Something that has tags: a stream or a consumer. */
interface Tagged {
  readonly title: string;
  readonly tags: Tags;
  set(tags: Tags): void;
}

/** Throws InvalidArgumentException when something may not have such tags. */
export function checkTags(tags: Tags, title = 'the resource'): Tags {
  if (Object.keys(tags).length > TAGS_MAX) {
    throw invalidArgument(
      `Failed to add tags to ${title} under account ${LOCAL_ACCOUNT} because a given stream cannot have more than ${TAGS_MAX} tags associated with it.`,
    );
  }
  const isIllegal = ([key, value]: [string, string]) =>
    !TAG_PATTERN.test(key) || !TAG_PATTERN.test(value) || key.startsWith('aws:');
  if (!Object.entries(tags).some(isIllegal)) return tags;
  throw invalidArgument('Some of the tags have characters that tags may not have, or keys that begin with aws:');
}

function list(tags: Tags): { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

const add = (to: Tagged, tags: Tags) => to.set(checkTags({ ...to.tags, ...tags }, to.title));
const remove = (from: Tagged, keys: readonly string[]) =>
  from.set(Object.fromEntries(Object.entries(from.tags).filter(([key]) => !keys.includes(key))));

/** Operations on the tags of streams and consumers. */
export function tagOperations(streams: Streams): Operations {
  const ofStream = (reference: StreamReference): Tagged => {
    const stream = streams.find(reference);
    const { tags } = stream.settings;
    return { title: `stream ${stream.name}`, tags, set: (next) => streams.configure(stream, { tags: next }) };
  };
  const ofResource = (arn: string): Tagged => {
    if (!arn.includes('/consumer/')) return ofStream({ StreamARN: arn });
    const { stream, consumer } = streams.consumer(arn);
    const others = stream.settings.consumers.filter((each) => each !== consumer);
    return {
      title: `consumer ${consumerArn(stream, consumer)}`,
      tags: consumer.tags,
      set: (tags) => streams.configure(stream, { consumers: [...others, { ...consumer, tags }] }),
    };
  };

  return {
    AddTagsToStream: (input: TagsInput) => add(ofStream(input), input.Tags),
    RemoveTagsFromStream: (input: TagKeysInput) => remove(ofStream(input), input.TagKeys),
    TagResource: (input: ResourceInput & TagsInput) => add(ofResource(input.ResourceARN), input.Tags),
    UntagResource: (input: ResourceInput & TagKeysInput) => remove(ofResource(input.ResourceARN), input.TagKeys),
    ListTagsForResource: (input: ResourceInput) => ({ Tags: list(ofResource(input.ResourceARN).tags) }),

    ListTagsForStream(input: ListTagsInput) {
      const rest = list(ofStream(input).tags).filter(({ Key }) => Key > (input.ExclusiveStartTagKey ?? ''));
      const limit = input.Limit ?? TAGS_MAX;
      return { Tags: rest.slice(0, limit), HasMoreTags: rest.length > limit };
    },
  };
}
