interface ShardSeen {
  readonly ShardId: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string | null };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they come
type Body = Readonly<Record<string, any>>;

/** What a server has told in a sequence of calls, for calls that refer to it. */
export class Memory {
  readonly #sequences: string[] = [];
  readonly #iterators: string[] = [];
  readonly #consumers = new Map<string, string>();
  #shards: readonly ShardSeen[] = [];
  #token: string | undefined;

  see(shards: readonly ShardSeen[]): void {
    this.#shards = shards;
  }

  learn(operation: string, body: Body): void {
    const records = operation === 'PutRecord' ? [body] : operation === 'PutRecords' ? (body.Records ?? []) : [];
    for (const { SequenceNumber } of records) if (SequenceNumber) this.#sequences.push(SequenceNumber);
    const iterator = body.ShardIterator ?? body.NextShardIterator;
    if (iterator) this.#iterators.unshift(iterator);
    if (operation === 'ListShards') this.#token = body.NextToken ?? this.#token;
    if (body.Consumer) this.#consumers.set(body.Consumer.ConsumerName, body.Consumer.ConsumerARN);
  }

  /** Place of a sequence number among those of the records put; undefined for others. */
  placeOf(sequence: string): number | undefined {
    const place = this.#sequences.indexOf(sequence);
    return place < 0 ? undefined : place;
  }

  /** The input with every reference replaced. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (typeof value !== 'object' || value === null) return value;
    const given = value as Body;
    if ('$sequence' in given) return this.#sequences[given.$sequence % Math.max(1, this.#sequences.length)] ?? '5';
    if ('$iterator' in given) return this.#iterators[given.$iterator] ?? 'bm9uZQ==';
    if ('$token' in given) return this.#token ?? 'bm9uZQ==';
    if ('$consumer' in given) return this.#consumers.get(given.$consumer) ?? ABSENT_CONSUMER;
    if ('$secondsFromNow' in given) return Math.floor(Date.now() / 1000) + given.$secondsFromNow;
    if ('$shard' in given) return this.#shard(given);
    if ('$neighbour' in given) return this.#neighbour(given.$neighbour);
    return Object.fromEntries(Object.entries(given).map(([name, each]) => [name, this.resolve(each)]));
  }

  #shard(reference: Body): string {
    const from = reference.of === 'open' ? this.#open() : this.#shards;
    const shard = from[Math.floor(reference.$shard * from.length)];
    if (reference.give === 'id') return shard?.ShardId ?? 'shardId-000000000000';
    const { StartingHashKey = '0', EndingHashKey = '9' } = shard?.HashKeyRange ?? {};
    return String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n);
  }

  #neighbour(reference: Body): string {
    const id = this.#shard(reference);
    const open = this.#open().toSorted((a, b) => (BigInt(start(a)) < BigInt(start(b)) ? -1 : 1));
    const at = open.findIndex(({ ShardId }) => ShardId === id);
    return (open[at + 1] ?? open[at - 1])?.ShardId ?? 'shardId-000000000001';
  }

  #open(): readonly ShardSeen[] {
    return this.#shards.filter(({ SequenceNumberRange }) => !SequenceNumberRange.EndingSequenceNumber);
  }
}

const start = (shard: ShardSeen) => shard.HashKeyRange.StartingHashKey;

const ABSENT_CONSUMER = 'arn:aws:kinesis:us-east-1:000000000000:stream/absent/consumer/absent:1';
