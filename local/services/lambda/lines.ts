import type { Readable } from 'node:stream';
import { LOG_LINE_CHARS_MAX } from './limits.ts';
import { END_MARK } from './protocol.ts';

/** Splits what a process writes into lines. `onEnd` gets the request id of each end mark (see `outputEnd`); a line that
 *  was begun before a mark ends at it. Lines over 1 MiB are cut. */
export function readLines(stream: Readable, onLine: (line: string) => void, onEnd: (requestId: string) => void): void {
  let rest = '';
  const take = (line: string) => {
    const mark = line.lastIndexOf(END_MARK);
    const text = mark < 0 ? line : line.slice(0, mark);
    for (let at = 0; at < text.length; at += LOG_LINE_CHARS_MAX) onLine(text.slice(at, at + LOG_LINE_CHARS_MAX));
    if (mark >= 0) onEnd(line.slice(mark + END_MARK.length));
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    for (; rest.length > LOG_LINE_CHARS_MAX; rest = rest.slice(LOG_LINE_CHARS_MAX))
      take(rest.slice(0, LOG_LINE_CHARS_MAX));
  });
  stream.on('close', () => {
    if (rest !== '') take(rest);
  });
}
