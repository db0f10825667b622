import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, stageConfig } from '../../infra/config.ts';
import { recordAgeSeconds } from '../../infra/constructs/stream-mapping.ts';
import { deliveryStreamName, functionName, publishedStreamName, topicName, viewTableName } from '../../infra/names.ts';
import { ROOT } from '../support/imports.ts';

describe('stageConfig', () => {
  it('has a default for everything', () => {
    expect(stageConfig({})).toEqual({
      stage: 'dev',
      pipelines: undefined,
      shards: 2,
      retentionHours: 24,
      removal: 'retain',
      bufferSeconds: 300,
      heartbeatSeconds: 60,
      parallelizationFactor: 1,
      queryLimitGigabytes: 100,
      tablesColderAfterDays: undefined,
      alarmEmail: undefined,
      archiveSeconds: 300,
      archiveColderAfterDays: undefined,
    });
  });

  it('is all in the README', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, table = ''] = /^\| context \|.*\n([\s\S]*?)\n\n/m.exec(readme) ?? [];
    const shown = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key);
    expect(shown.toSorted()).toEqual(Object.keys(stageConfig({})).toSorted());
  });

  it('takes numbers as the command line writes them, and leaves CDK’s own keys alone', () => {
    const context = { shards: '8', retentionHours: '168', 'aws:cdk:bundling-stacks': [], '@aws-cdk/some:flag': true };
    expect(stageConfig(context)).toMatchObject({ shards: 8, retentionHours: 168 });
    expect(stageConfig({ shards: 'on-demand' }).shards).toBe('on-demand');
    expect(stageConfig({ pipelines: 'web-traffic,orders' }).pipelines).toEqual(['web-traffic', 'orders']);
  });

  it.each([
    ['stage', 'Prod', '\'stage\': found "Prod"; expected a lower-case letter and up to 15 letters and digits more'],
    ['stage', '', '\'stage\': found ""; expected a lower-case letter and up to 15 letters and digits more'],
    ['pipelines', 'a,,b', '\'pipelines\': found "a,,b"; expected names separated by commas'],
    ['pipelines', '', '\'pipelines\': found ""; expected names separated by commas'],
    ['shards', 'many', "'shards': found \"many\"; expected an integer from 1 to 20000, or 'on-demand'"],
    ['shards', 0, "'shards': found 0; expected an integer from 1 to 20000, or 'on-demand'"],
    ['shards', '1e3', "'shards': found \"1e3\"; expected an integer from 1 to 20000, or 'on-demand'"],
    ['retentionHours', 23, "'retentionHours': found 23; expected an integer from 24 to 8760"],
    ['retentionHours', 24.5, "'retentionHours': found 24.5; expected an integer from 24 to 8760"],
    ['removal', 'snapshot', "'removal': found \"snapshot\"; expected 'retain' or 'destroy'"],
    ['bufferSeconds', '901', '\'bufferSeconds\': found "901"; expected an integer from 0 to 900'],
    ['heartbeatSeconds', 0, "'heartbeatSeconds': found 0; expected a multiple of 60 from 60 to 3600"],
    ['heartbeatSeconds', '90', '\'heartbeatSeconds\': found "90"; expected a multiple of 60 from 60 to 3600'],
    ['heartbeatSeconds', 3_660, "'heartbeatSeconds': found 3660; expected a multiple of 60 from 60 to 3600"],
    ['parallelizationFactor', 11, "'parallelizationFactor': found 11; expected an integer from 1 to 10"],
    ['queryLimitGigabytes', 0, "'queryLimitGigabytes': found 0; expected an integer from 1 to 7000000000"],
    ['tablesColderAfterDays', 29, "'tablesColderAfterDays': found 29; expected an integer from 30 to 36500"],
    ['alarmEmail', 'ops', '\'alarmEmail\': found "ops"; expected an e-mail address'],
  ])('refuses %s %j, saying what it found and expected', (key, value, message) => {
    expect(() => stageConfig({ [key]: value })).toThrow(ConfigError);
    expect(() => stageConfig({ [key]: value })).toThrow(message);
  });

  it('refuses a key it does not know, since it may be a misspelt one', () => {
    expect(() => stageConfig({ shard: 4 })).toThrow(
      "'shard': found 4; expected no such key; there are stage, pipelines, shards,",
    );
  });
});

describe('names', () => {
  it('are refused when the service would refuse them', () => {
    expect(functionName('dev', 'orders')).toBe('millrace-dev-orders');
    expect(() => functionName('dev', 'o'.repeat(60))).toThrow('Lambda takes at most 64 characters');
    expect(deliveryStreamName('dev', 'page_views', 'web')).toBe('millrace-dev-web-page-views');
    expect(() => deliveryStreamName('dev', 't'.repeat(50), 'web')).toThrow('Firehose takes at most 64 characters');
    expect(topicName('dev', 'web', 'burst')).toBe('millrace-dev-web-burst');
    expect(() => topicName('dev', 'web', 'a'.repeat(240))).toThrow('SNS takes at most 256 characters');
    expect(() => viewTableName('dev', 'web', 'v'.repeat(240))).toThrow('DynamoDB takes at most 255 characters');
    expect(() => publishedStreamName('dev', 'web', 's'.repeat(120))).toThrow('Kinesis takes at most 128 characters');
  });
});

describe('recordAgeSeconds', () => {
  it('leaves an hour to save what keeps failing, and no limit where Lambda cannot count as far as the stream keeps', () => {
    const age = (retentionHours: number) => recordAgeSeconds(stageConfig({ retentionHours }));
    expect([24, 168, 169, 170, 8_760].map(age)).toEqual([82_800, 601_200, 604_800, undefined, undefined]);
  });
});
