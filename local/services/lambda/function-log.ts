import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Past this size the file is put aside as `<name>.log.1`, so that a function's log takes at most twice as much. */
const FILE_BYTES_MAX = 10 * 1024 * 1024;

/** Where the lines of one function's environments end up. */
export interface FunctionLog {
  readonly path: string;
  write(line: string): void;
}

/** Opens `<directory>/<function>.log`, appending to what is there. Writes are synchronous: a line that has been
 *  handed over is in the file. */
export function openLog(directory: string, functionName: string): FunctionLog {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${functionName}.log`);
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    path,
    write(line) {
      if (bytes > FILE_BYTES_MAX) {
        renameSync(path, `${path}.1`);
        bytes = 0;
      }
      appendFileSync(path, `${line}\n`);
      bytes += Buffer.byteLength(line) + 1;
    },
  };
}
