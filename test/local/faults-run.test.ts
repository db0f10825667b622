import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli/main.ts';
import type { FaultState } from '../../local/faults/board.ts';
import { readDocument, readRule } from '../../local/faults/rules.ts';
import { startLocal } from '../../local/run.ts';
import { ROOT } from '../support/imports.ts';

const ASSETS = 'cdk-hnb659fds-assets-000000000000-us-east-1';
/** A stream and a function behind it. */
const TEMPLATE = {
  Resources: {
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'events', ShardCount: 1 } },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: ASSETS, S3Key: 'code.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: 'arn:aws:iam::000000000000:role/role',
      },
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
        FunctionName: { Ref: 'Function' },
        StartingPosition: 'TRIM_HORIZON',
      },
    },
  },
};

const directory = mkdtempSync(join(tmpdir(), 'faults-run-'));
afterAll(() => rmSync(directory, { recursive: true }));
beforeAll(() => {
  mkdirSync(join(directory, 'code'));
  writeFileSync(
    join(directory, 'code', 'index.mjs'),
    'export const handler = () => new Promise((done) => setTimeout(done, 300));',
  );
  const destinations = { here: { bucketName: ASSETS, objectKey: 'code.zip' } };
  const artifacts = {
    s: { type: 'aws:cloudformation:stack', properties: { templateFile: 's.json' } },
    'assets.of.s': { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
  };
  const files = { code: { source: { path: 'code', packaging: 'zip' }, destinations } };
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ artifacts }));
  writeFileSync(join(directory, 'assets.json'), JSON.stringify({ files }));
  writeFileSync(join(directory, 's.json'), JSON.stringify(TEMPLATE));
});

describe('a local run with faults', () => {
  it('strikes its own mapping, function and clients, and goes on', async () => {
    const rules = [
      'kinesis:GetRecords:throttle:1',
      'lambda:Invoke:throttle:1',
      'lambda:Invoke:kill:1:50',
      'kinesis:PutRecord:error:1',
    ];
    const faults = { seed: 1, rules: rules.map((text) => ({ ...readRule(text), times: 1 })) };
    const lines: string[] = [];
    const run = await startLocal({ assembly: directory, port: 0, faults, log: (line) => lines.push(line) });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const kinesis = new KinesisClient({ endpoint: run.endpoint, region: 'us-east-1', credentials });
    try {
      await kinesis.send(new PutRecordCommand({ StreamName: 'events', PartitionKey: 'k', Data: Buffer.from('a') }));
      const state = async () => (await (await fetch(`${run.endpoint}/_millrace/faults`)).json()) as FaultState;
      while ((await state()).rules.some(({ injected }) => injected < 1)) await pause(50);
      // Refused once, killed once: the kill rule has met what the throttle let through, and then the retry.
      while (((await state()).rules[2]?.met ?? 0) < 2) await pause(50);
      expect((await state()).rules.map(({ injected }) => injected)).toEqual([1, 1, 1, 1]);
      expect(lines).toContain('faults on request: 4 rules, seed 1');
    } finally {
      kinesis.destroy();
      await run.close();
    }
  });
});

describe('the command line', () => {
  it('names what is wrong with a rule, and explains rules', async () => {
    const said: string[] = [];
    const output = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
    expect(await main(['local', '--fault', 's3:PutObject:kill:0.1'], output)).toBe(2);
    expect(said.join('')).toContain("'s3:PutObject:kill:0.1' is invalid. kind: kill is for lambda:Invoke only");
    expect(await main(['local', '--help'], output)).toBe(0);
    expect(said.join('')).toContain('SERVICE:ACTION:KIND:PROBABILITY[:MS]');
  });
});

describe('docs/local.md', () => {
  const text = readFileSync(join(ROOT, 'docs/local.md'), 'utf8');

  it('shows rules and a document that are taken', () => {
    const shown = [...text.matchAll(/--fault (\S+:\S+)/g)].map(([, rule]) => readRule(String(rule)));
    expect(shown).toHaveLength(2);
    const [, document = ''] = /curl -X PUT \S+ -d '(\{[\s\S]*?\n\})'/.exec(text) ?? [];
    expect(readDocument(JSON.parse(document)).rules).toHaveLength(4);
  });
});
