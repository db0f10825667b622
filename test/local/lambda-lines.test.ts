import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { LOG_LINE_CHARS_MAX } from '../../local/services/lambda/limits.ts';
import { readLines } from '../../local/services/lambda/lines.ts';
import { outputEnd } from '../../local/services/lambda/protocol.ts';

/** What is read of a stream that gives these chunks and ends; `|id` stands for an end mark. */
async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const found: string[] = [];
  readLines(
    stream,
    (line) => found.push(line),
    (requestId) => found.push(`|${requestId}`),
  );
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, 'close');
  return found;
}

describe('the lines a process writes', () => {
  it('are put together from chunks that end anywhere', async () => {
    const [head, tail] = [Buffer.from('grün\n').subarray(0, 3), Buffer.from('grün\n').subarray(3)];
    expect(await linesOf('one\ntw', 'o\n\n', head, tail, 'rest')).toEqual(['one', 'two', 'grün', 'rest']);
  });

  it('end at a mark, also one in the middle of a line', async () => {
    expect(await linesOf('a\nnul \u0000 in it\nopen', outputEnd('id-1'), 'b\n', outputEnd('id-2'))).toEqual([
      'a',
      'nul \u0000 in it',
      'open',
      '|id-1',
      'b',
      '|id-2',
    ]);
  });

  it('are cut when they are too long', async () => {
    const lines = await linesOf('x'.repeat(LOG_LINE_CHARS_MAX), 'y'.repeat(LOG_LINE_CHARS_MAX), 'z\n');
    expect(lines.map((line) => line.length)).toEqual([LOG_LINE_CHARS_MAX, LOG_LINE_CHARS_MAX, 1]);
    expect(lines.join('')).toHaveLength(2 * LOG_LINE_CHARS_MAX + 1);
  });
});
