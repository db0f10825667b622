import type { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from '@jest/globals';
import { listShards } from '../../adapters/kinesis/shards.ts';

const HIGHEST = '340282366920938463463374607431768211455';

describe('the shards of a stream', () => {
  it('are read page by page, with their parents and hashes as 32 digits', async () => {
    const pages = [
      {
        Shards: [{ ShardId: 'a', HashKeyRange: { StartingHashKey: '0', EndingHashKey: '255' } }],
        NextToken: 'more',
      },
      {
        Shards: [
          {
            ShardId: 'b',
            ParentShardId: 'a',
            AdjacentParentShardId: 'x',
            HashKeyRange: { StartingHashKey: '256', EndingHashKey: HIGHEST },
          },
        ],
      },
    ];
    const inputs: object[] = [];
    const client = {
      async send({ input }: ListShardsCommand) {
        inputs.push(input);
        return pages[inputs.length - 1];
      },
    } as unknown as KinesisClient;
    expect(await listShards(client, { StreamName: 'events' })).toEqual([
      { shardId: 'a', parents: [], range: { from: '0'.repeat(32), to: `${'0'.repeat(30)}ff` } },
      { shardId: 'b', parents: ['a', 'x'], range: { from: `${'0'.repeat(29)}100`, to: 'f'.repeat(32) } },
    ]);
    // Kinesis takes no name beside a token.
    expect(inputs).toEqual([{ StreamName: 'events' }, { NextToken: 'more' }]);
  });
});
