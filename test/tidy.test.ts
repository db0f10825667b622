import { describe, expect, it } from '@jest/globals';
import { projectSources, unusedFiles, wrongImports } from './support/imports.ts';

/** Files that are started, not imported: by Lambda, CDK, npm, Node, jest, or by their path. */
const ENTRIES = [
  /\.test\.ts$/,
  /\.case\.ts$/,
  /^functions\/[^/]+\/handler\.ts$/,
  /^infra\/app\.ts$/,
  /^cli\/millrace\.ts$/,
  /^pipelines\/[^/]+\/sample\.ts$/,
  /^local\/services\/lambda\/bootstrap\.ts$/,
  /^test\/support\/.*-child\.ts$/,
  /^bench\/(main|nexmark\/main|.*-child)\.ts$/,
  /^test\/cases\/print\.ts$/,
  /^test\/(sim|torture|differential)\/main\.ts$/,
  /\.d\.ts$/,
];

describe('imports', () => {
  const sources = projectSources();

  it('point up the flow of the data', () => {
    expect(sources.size).toBeGreaterThan(50);
    expect(wrongImports(sources)).toEqual([]);
  });

  it('reach every file', () => {
    expect(unusedFiles(sources, ENTRIES)).toEqual([]);
  });

  it.each([
    ['core/engine/x.ts', "import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';"],
    ['core/engine/x.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['core/engine/x.ts', 'const now = Date.now();'],
    ['core/engine/x.ts', "import { randomUUID } from 'node:crypto';"],
    ['adapters/firehose/x.ts', "import { putRecordsTo } from '../kinesis/put-records.ts';"],
    ['adapters/firehose/x.ts', "import { putInOrder } from '../../producer/put.ts';"],
    ['pipelines/x/y.ts', "import { step } from '../../core/engine/step.ts';"],
    ['pipelines/x/y.ts', "import { putInOrder } from '../../producer/put.ts';"],
    ['pipelines/x/y.ts', "import { drive } from '../../testing/drive.ts';"],
    ['testing/x.ts', 'const now = Date.now();'],
    ['testing/x.ts', "import { orders } from '../pipelines/orders/pipeline.ts';"],
    ['testing/x.ts', "import { order } from '../test/support/orders.ts';"],
    ['functions/process/x.ts', "import { app } from '../../infra/app.ts';"],
    ['functions/process/x.ts', "import { drive } from '../../testing/drive.ts';"],
    ['infra/x.ts', "import { startLocal } from '../local/run.ts';"],
    ['local/x.ts', "import type { Plan } from '../core/pipeline/index.ts';"],
    ['local/x.ts', "const plan = await import('../pipelines/index.ts');"],
    ['producer/x.ts', "export { recordAt } from '../test/support/engine.ts';"],
    ['cli/x.ts', "import { order } from '../test/support/orders.ts';"],
  ])('are refused the wrong way: %s with %s', (file, source) => {
    expect(wrongImports(new Map([[file, source]]))).toHaveLength(1);
  });

  it('are let through the right way', () => {
    const right = new Map([
      [
        'adapters/firehose/x.ts',
        "import { transiently } from '../transient.ts';\nimport { backoffMs } from '../../core/backoff.ts';",
      ],
      ['pipelines/x/y.ts', "import * as z from 'zod';\nimport { from } from '../../core/pipeline/index.ts';"],
      ['local/x.ts', "// from '../core/ports.ts'\nimport net from 'node:net';"],
    ]);
    expect(wrongImports(right)).toEqual([]);
  });
});
