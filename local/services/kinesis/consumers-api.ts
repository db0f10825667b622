import { LOCAL_ACCOUNT } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { CONSUMERS_MAX, invalidArgument } from './limits.ts';
import { openPage, pageToken } from './page.ts';
import type { Consumer } from './settings.ts';
import type { Stream } from './stream.ts';
import { consumerArn, type Streams } from './streams.ts';
import { checkTags } from './tags-api.ts';

interface RegisterInput {
  readonly StreamARN: string;
  readonly ConsumerName: string;
  readonly Tags?: Readonly<Record<string, string>>;
}

/** A consumer is named by its ARN, or by its name and its stream. */
interface ConsumerInput {
  readonly StreamARN?: string;
  readonly ConsumerName?: string;
  readonly ConsumerARN?: string;
}

interface ListInput {
  readonly StreamARN: string;
  readonly NextToken?: string;
  readonly MaxResults?: number;
}

/** Source: API reference, ListStreamConsumers. */
const LIST_MAX = 100;

/** Operations on the consumers of enhanced fan-out. They are active, or gone, when the call is answered. */
export function consumerOperations(streams: Streams): Operations {
  const find = (input: ConsumerInput) => {
    const { StreamARN: arn, ConsumerName: name } = input;
    if (input.ConsumerARN !== undefined) return streams.consumer(input.ConsumerARN);
    if (arn === undefined || name === undefined) {
      throw invalidArgument('Either ConsumerARN or both StreamARN and ConsumerName must be given.');
    }
    const stream = streams.byArn(arn);
    const consumer = stream.settings.consumers.find((each) => each.name === name);
    if (consumer) return { stream, consumer };
    const text = `Consumer ${name} under stream ${stream.name} under account ${LOCAL_ACCOUNT} not found.`;
    throw new ServiceError('ResourceNotFoundException', text);
  };

  return {
    RegisterStreamConsumer(input: RegisterInput) {
      const stream = streams.byArn(input.StreamARN);
      const { ConsumerName: name, Tags: tags = {} } = input;
      const { consumers } = stream.settings;
      if (consumers.some((each) => each.name === name)) {
        const text = `Consumer ${name} under stream ${stream.name} under account ${LOCAL_ACCOUNT} already exists.`;
        throw new ServiceError('ResourceInUseException', text);
      }
      if (consumers.length >= CONSUMERS_MAX) {
        const text = `Stream ${stream.name} under account ${LOCAL_ACCOUNT} has ${CONSUMERS_MAX} consumers already.`;
        throw new ServiceError('LimitExceededException', text);
      }
      const consumer = { name, createdMs: streams.now(), tags: checkTags(tags) };
      streams.configure(stream, { consumers: [...consumers, consumer] });
      // As on AWS, where it takes a moment; here it is active at once.
      return { Consumer: { ...describe(stream, consumer), ConsumerStatus: 'CREATING' } };
    },

    DescribeStreamConsumer(input: ConsumerInput) {
      const { stream, consumer } = find(input);
      return { ConsumerDescription: { ...describe(stream, consumer), StreamARN: stream.arn } };
    },

    DeregisterStreamConsumer(input: ConsumerInput) {
      const { stream, consumer } = find(input);
      streams.configure(stream, { consumers: stream.settings.consumers.filter((each) => each !== consumer) });
    },

    ListStreamConsumers(input: ListInput) {
      const stream = streams.byArn(input.StreamARN);
      const { after } = openPage<{ readonly after: string }>(input.NextToken, streams.now()) ?? { after: '' };
      const rest = stream.settings.consumers
        .filter(({ name }) => name > after)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const shown = rest.slice(0, Math.min(input.MaxResults ?? LIST_MAX, LIST_MAX));
      const last = shown.at(-1);
      return {
        Consumers: shown.map((consumer) => describe(stream, consumer)),
        NextToken: last && shown.length < rest.length ? pageToken({ after: last.name }, streams.now()) : undefined,
      };
    },
  };
}

function describe(stream: Stream, consumer: Consumer) {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumerArn(stream, consumer),
    ConsumerStatus: 'ACTIVE',
    ConsumerCreationTimestamp: consumer.createdMs / 1000,
  };
}
