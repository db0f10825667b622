/** A call as both servers get it. What only a server can know stands as a reference: it is looked up in what that server
 *  has answered before. */
export interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The n-th record put in this sequence of calls. */
export interface SequenceReference {
  readonly $sequence: number;
}
/** The latest shard iterator, or the one before it … */
export interface IteratorReference {
  readonly $iterator: number;
}
/** A shard by its place among those listed last; `middle` is a hash key in its midst. */
export interface ShardReference {
  readonly $shard: number;
  readonly of: 'all' | 'open';
  readonly give: 'id' | 'middle';
}
/** The open shard behind that one by its hash keys. */
export interface NeighbourReference {
  readonly $neighbour: ShardReference;
}
export interface TokenReference {
  readonly $token: true;
}
export interface ConsumerReference {
  readonly $consumer: string;
}
/** Now, some seconds before or behind. */
export interface TimeReference {
  readonly $secondsFromNow: number;
}
