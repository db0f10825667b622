import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFresh, SOURCES } from '../../cli/synth.ts';
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
