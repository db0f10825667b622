import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { firehoseLake } from '../../adapters/firehose/lake.ts';
import { memoryPayloadStore } from '../../adapters/memory/lake.ts';
import { compile } from '../../core/engine/program.ts';
import { ShardCache } from '../../core/engine/shard-cache.ts';
import { processor } from '../../functions/process/processor.ts';
import { shop } from '../support/orders.ts';
import type { Faults, Mortal } from './faults.ts';
import type { World } from './world.ts';

export type Handle = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

const region = 'us-east-1';
const quiet = { warn: () => {}, addMetric: () => {} };

/** An execution environment: the process function as it is deployed, on simulated clients. It can die at any of their
 *  calls, and it can be thawed with an old state in its memory. */
export class Environment implements Mortal {
  readonly name: string;
  isDead = false;
  isBusy = false;
  readonly handle: Handle;

  constructor(name: string, world: World, faults: Faults) {
    this.name = name;
    const send = (command: object) => faults.send(this, command);
    // Time passes within an invocation as well, so that a deadline can fall between two records.
    let ticks = 0;
    const clock = { now: () => world.nowMs + ticks++ };
    const client = Object.assign(new DynamoDBClient({ region }), { send });
    const log = dynamoCommitLog({ client, table: 'log', pipeline: shop.name, epoch: '1', clock });
    const lake = firehoseLake({
      client: Object.assign(new FirehoseClient({ region }), { send }),
      streams: { orders: 'orders', large_items: 'large_items', quarantine: 'quarantine' },
      clock,
      sleep: (ms) => world.sleep(ms),
      random: () => world.random.next(),
    });
    const cache = new ShardCache(log, clock, shop.idempotencyMinutes * 60_000);
    let tokens = 0;
    const newToken = () => `${name}-${++tokens}`;
    const ports = { log, cache, lake, payloads: memoryPayloadStore(), clock, newToken };
    this.handle = processor({ program: compile(shop), ports }, quiet as never, quiet as never);
  }
}
