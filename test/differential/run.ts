import { isDeepStrictEqual } from 'node:util';
import { openGateway } from '../../local/gateway.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';
import type { Call } from './call.ts';
import { type Differing, explain } from './differences.ts';
import { callsOf } from './generate.ts';
import { startKinesisLocal } from './kinesis-local.ts';
import { normalise } from './normalise.ts';
import { Server } from './server.ts';

export interface Options {
  readonly seed: number;
  readonly sequences: number;
  /** Calls of a sequence. Default: 25. */
  readonly length?: number;
  readonly onProgress?: (sequences: number) => void;
}

export interface Difference extends Differing {
  readonly sequence: number;
}

export interface Outcome {
  readonly calls: number;
  /** Calls that both refused. */
  readonly refused: number;
  /** Sequences that ended early, since kinesis-local went on making or deleting a stream or a consumer. */
  readonly unsettled: number;
  /** By the title of the known difference. */
  readonly explained: ReadonlyMap<string, number>;
  readonly unexplained: readonly Difference[];
}

/** Gives both servers the same calls and compares what they answer. A sequence ends at a difference behind which the two
 *  are no longer in the same state. */
export async function compare({ seed, sequences, length, onProgress }: Options): Promise<Outcome> {
  const other = await startKinesisLocal();
  const gateway = await openGateway(0);
  const context = { endpoint: '', stateDir: undefined, scratchDir: '', metric() {}, log() {} };
  const kinesis = createKinesis(context, { limits: false });
  gateway.serve([kinesis]);
  const servers = { ours: new Server(gateway.endpoint), theirs: new Server(other.endpoint) };
  const count = { calls: 0, refused: 0, unsettled: 0 };
  const explained = new Map<string, number>();
  const unexplained: Difference[] = [];
  try {
    for (let sequence = 0; sequence < sequences; sequence += 1) {
      for await (const difference of runSequence(
        servers,
        callsOf(seed, sequence, length),
        `d-${seed}-${sequence}`,
        count,
      )) {
        const known = explain(difference);
        for (const { title } of known) explained.set(title, (explained.get(title) ?? 0) + 1);
        if (known.length === 0) unexplained.push({ ...difference, sequence });
        if (known.length === 0 || known.some(({ isLasting }) => isLasting)) break;
      }
      onProgress?.(sequence + 1);
    }
  } finally {
    await gateway.close();
    await kinesis.close();
    await other.close();
  }
  return { ...count, explained, unexplained };
}

/** They go on after they are answered. */
const SLOW = /^(?:Create|Delete|Split|Merge|UpdateSh|UpdateStreamMode|Start|Stop|Register|Deregister)/;

async function* runSequence(
  { ours, theirs }: { readonly ours: Server; readonly theirs: Server },
  calls: readonly Call[],
  stream: string,
  count: { calls: number; refused: number; unsettled: number },
): AsyncGenerator<Differing> {
  const both = [ours, theirs];
  for (const server of both) server.forget();
  for (const [step, call] of calls.entries()) {
    const [mine, other] = await Promise.all([ours.call(call), theirs.call(call)]);
    // What only one of them has given is not asked for again.
    if (mine.status === other.status) {
      ours.memory.learn(call.operation, mine.body);
      theirs.memory.learn(call.operation, other.body);
    }
    count.calls += 1;
    const [a, b] = [normalise(mine, ours.memory), normalise(other, theirs.memory)];
    if (mine.status !== 200 && isDeepStrictEqual(a, b)) count.refused += 1;
    if (!isDeepStrictEqual(a, b)) yield { step, call, ours: a, theirs: b };
    if (!SLOW.test(call.operation)) continue;
    const settled = await Promise.all(both.map((server) => server.settle(stream)));
    if (settled.includes(false)) {
      count.unsettled += 1;
      break;
    }
  }
  await Promise.all(
    both.map((server) =>
      server.call({ operation: 'DeleteStream', input: { StreamName: stream, EnforceConsumerDeletion: true } }),
    ),
  );
}
