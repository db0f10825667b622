import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { documentsOf, hasSample, paced } from '../../cli/documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-documents-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(name: string): Promise<string[]> {
  const documents: string[] = [];
  for await (const document of await documentsOf(name)) documents.push(Buffer.from(document).toString('latin1'));
  return documents;
}

describe('documentsOf', () => {
  it('gives the lines of a file byte for byte, without empty ones and line ends', async () => {
    const content = Buffer.from('{"a":1}\r\n\n\xff\xfe\n{"b":2}', 'latin1');
    expect(await read(file('lines.ndjson', content))).toEqual(['{"a":1}', '\xff\xfe', '{"b":2}']);
    expect(await read(file('lines.ndjson.gz', gzipSync(content)))).toEqual(['{"a":1}', '\xff\xfe', '{"b":2}']);
    expect(await read(file('empty.ndjson', ''))).toEqual([]);
  });

  it('names the file that is no gzip, cut short, a directory or not there', async () => {
    const whole = gzipSync('{"a":1}\n'.repeat(1_000));
    await expect(read(file('not.gz', 'plain text'))).rejects.toThrow(/not\.gz cannot be read: incorrect header/);
    await expect(read(file('cut.gz', whole.subarray(0, whole.length - 12)))).rejects.toThrow(/cut\.gz cannot be read/);
    await expect(read(folder)).rejects.toThrow('is neither an example nor a file');
    await expect(read('nowhere.ndjson')).rejects.toThrow("'nowhere.ndjson' is neither an example nor a file");
  });

  it('refuses a line that no record can hold, naming it', async () => {
    const long = file('long.ndjson', `{"a":1}\n${'x'.repeat(1024 * 1024)}\n`);
    await expect(read(long)).rejects.toThrow(/line 2: found more than 1048320 bytes/);
  });

  it('knows the examples that have a sample', () => {
    expect([hasSample('web-traffic'), hasSample('nothing'), hasSample('../web-traffic')]).toEqual([true, false, false]);
  });
});

describe('paced', () => {
  it('keeps to the rate', async () => {
    const started = performance.now();
    const documents = (async function* () {
      for (let i = 0; i < 11; i++) yield Buffer.from('x');
    })();
    let count = 0;
    for await (const _ of paced(documents, 100)) count += 1;
    expect(count).toBe(11);
    expect(performance.now() - started).toBeGreaterThan(90);
  });
});
