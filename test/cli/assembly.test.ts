import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assemblyOf, isFresh, SOURCES } from '../../cli/assembly.ts';
import type { SynthOptions } from '../../cli/synth.ts';
import { importsOf, projectSources } from '../support/imports.ts';

describe('isFresh', () => {
  let project = '';
  let assembly = '';
  /** Writes a file of the project as of so many seconds after the first. */
  const write = (path: string, seconds: number, text = '') => {
    writeFileSync(join(project, path), text);
    utimesSync(join(project, path), seconds, seconds);
  };
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'millrace-synth-'));
    assembly = join(project, 'cdk.out');
    for (const folder of ['cdk.out', 'core', 'core/event', 'test']) mkdirSync(join(project, folder));
    write('core/event/event.ts', 100);
    for (const folder of ['core/event', 'core']) utimesSync(join(project, folder), 100, 100);
  });
  afterAll(() => rmSync(project, { recursive: true }));

  it('wants an assembly, of that stage, newer than all sources', () => {
    expect(isFresh(assembly, 'dev', project)).toBe(false);
    write('cdk.out/manifest.json', 200, JSON.stringify({ artifacts: { 'millrace-dev-stream': {} } }));
    expect(isFresh(assembly, 'dev', project)).toBe(true);
    expect(isFresh(assembly, 'prod', project)).toBe(false);
    write('test/anything.ts', 300);
    expect(isFresh(assembly, 'dev', project)).toBe(true);
    write('core/event/event.ts', 201);
    expect(isFresh(assembly, 'dev', project)).toBe(false);
  });
});

describe('assemblyOf', () => {
  let project = '';
  const asked: string[] = [];
  const dev = { context: { stage: 'dev' } };
  const assembly = (options: Partial<SynthOptions> = {}) =>
    assemblyOf({ ...dev, project, ...options }, (line) => void asked.push(line));
  /** An app that tells what it was given, and fails where it is told to. */
  const app = `
    import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
    writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', process.env.CDK_CONTEXT_JSON);
    process.exit(existsSync('infra/broken') ? 1 : 0);`;

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'millrace-assembly-'));
    for (const folder of ['core', 'infra', 'node_modules', 'test']) mkdirSync(join(project, folder));
    writeFileSync(join(project, 'cdk.json'), JSON.stringify({ app: 'node infra/app.mjs', context: { strict: true } }));
    writeFileSync(join(project, 'infra/app.mjs'), app);
    writeFileSync(join(project, 'core/engine.ts'), 'first');
  });
  afterAll(() => rmSync(project, { recursive: true }));

  it('synthesises with the context of cdk.json and that of its own, once', async () => {
    const made = await assembly();
    expect(JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8'))).toEqual({
      strict: true,
      stage: 'dev',
      'aws:cdk:bundling-stacks': ['**'],
    });
    expect(await assembly()).toBe(made);
    expect(asked).toEqual(['synthesising dev …']);
  });

  it('takes no assembly for another when anything it depends on differs, and knows the old one again', async () => {
    const first = await assembly();
    const made = new Set([first]);
    const changes: readonly (readonly [string, string])[] = [
      ['core/engine.ts', 'other'],
      ['core/engine2.ts', ''],
      ['core/engine2.ts', 'a'],
      ['package-lock.json', '{}'],
      ['tsconfig.json', '{}'],
      ['node_modules/.package-lock.json', '{}'],
    ];
    for (const [path, text] of changes) {
      writeFileSync(join(project, path), text);
      utimesSync(join(project, path), 1, 1); // no clock tells
      made.add(await assembly());
    }
    made.add(await assembly({ context: { stage: 'prod' } }));
    expect(made.size).toBe(changes.length + 2);
    writeFileSync(join(project, 'test/any.ts'), '');
    for (const [path] of changes.slice(1)) rmSync(join(project, path), { force: true });
    writeFileSync(join(project, 'core/engine.ts'), 'first');
    expect(await assembly()).toBe(first);
  });

  it('keeps nothing of an app that failed, and removes what nobody has used for a week', async () => {
    const kept = () => readdirSync(join(project, '.millrace/assemblies')).filter((name) => !name.includes('-'));
    const [old = ''] = kept();
    const before = kept();
    utimesSync(join(project, '.millrace/assemblies', old), 1, 1);
    writeFileSync(join(project, 'infra/broken'), '');
    await expect(assembly()).rejects.toThrow('could not be synthesised');
    expect(kept()).toEqual(before);
    rmSync(join(project, 'infra/broken'));
    writeFileSync(join(project, 'core/engine.ts'), 'mended');
    await assembly();
    expect(kept()).toHaveLength(before.length);
    expect(kept()).not.toContain(old);
  });
});

describe('what an assembly is made from', () => {
  it('is all that the app and the functions import', () => {
    const sources = projectSources();
    const isStart = (file: string) => file === 'infra/app.ts' || /^functions\/[^/]+\/handler\.ts$/.test(file);
    const reached = new Set([...sources.keys()].filter(isStart));
    for (const file of reached) {
      for (const target of importsOf(file, sources.get(file) ?? '')) if (sources.has(target)) reached.add(target);
    }
    const folders = new Set([...reached].map((file) => file.split('/')[0]));
    expect([...folders].sort()).toEqual(SOURCES.filter((source) => !source.endsWith('.json')).sort());
  });
});
