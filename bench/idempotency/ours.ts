import { randomUUID } from 'node:crypto';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { memorySinks } from '../../adapters/memory/sinks.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { WHOLE_RANGE } from '../../core/engine/hash-range.ts';
import { compile } from '../../core/engine/program.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import type { Lake } from '../../core/ports.ts';
import { processor } from '../../functions/process/processor.ts';
import { requestHandler } from '../../functions/request-handler.ts';
import type { Contender, Results } from './contender.ts';
import { Request, SHARD } from './workload.ts';

const TABLE = 'millrace';
const EPOCH = '1';
const plan = pipeline('requests', [from(Request).to(lake('requests'))]);
const wholeStream = { shardId: SHARD, parents: [], range: WHOLE_RANGE };

/** The process function as it is deployed, with its DynamoDB; Firehose, S3 and the list of shards are in memory. */
export const ours: Contender = {
  name: 'Millrace',
  clientConfig: { requestHandler },
  table: {
    TableName: TABLE,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
  },
  handler(client, results) {
    const clock = Date;
    const services = {
      log: dynamoCommitLog({ client, table: TABLE, pipeline: plan.name, epoch: EPOCH, clock }),
      ...memorySinks(),
      lake: sink(results),
      objects: memoryObjectStore(),
      shards: memoryShards([wholeStream]),
      clock,
      newToken: randomUUID,
    };
    const engine = { program: compile(plan), ports: engineOn(services, plan, EPOCH) };
    return processor(engine, warnings as never, duplicatesTo(results) as never);
  },
};

function sink({ rows }: Results): Lake {
  return {
    async deliver(tables) {
      for (const ofTable of tables.values()) for (const row of ofTable) rows.push(row);
    },
  };
}

/** The logger: nothing is to be said in a good run. */
const warnings = {
  warn: (message: string) => process.emitWarning(message),
  error: (message: string) => process.emitWarning(message),
};

/** The metrics, of which one is wanted. */
const duplicatesTo = (results: Results) => ({
  addMetric: (name: string, _unit: string, value: number) => {
    if (name === 'Duplicates') results.duplicates += value;
  },
});
