import { readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Length and CRC-32 of the payload that follows, each 4 bytes, little-endian. */
const HEAD_BYTES = 8;
const CHUNK_BYTES = 8 * 1024 * 1024;
/** No call takes more than 20 MiB, so what claims to be longer is damage. */
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

/** Appends a frame. When this returns the kernel has it: killing the process loses nothing. */
export function writeFrame(file: number, payload: Buffer): void {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  payload.copy(frame, HEAD_BYTES);
  for (let at = 0; at < frame.length; ) at += writeSync(file, frame, at);
}

/** The payloads of whole frames from the start of the file, each with the offset behind it. Ends quietly at a torn last
 *  frame; throws when a damaged one has others behind it. */
export function* readFrames(file: number): Generator<{ readonly payload: Buffer; readonly end: number }> {
  let rest = Buffer.alloc(0);
  let at = 0;
  let end = 0;
  for (let isLast = false; !isLast; ) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const read = readSync(file, chunk, 0, CHUNK_BYTES, null);
    isLast = read === 0;
    rest = Buffer.concat([rest.subarray(at), chunk.subarray(0, read)]);
    at = 0;
    while (rest.length - at >= HEAD_BYTES) {
      const size = rest.readUInt32LE(at);
      const next = at + HEAD_BYTES + size;
      if (size > MAX_PAYLOAD_BYTES) throw new Error(`the journal is damaged at byte ${end}`);
      if (next > rest.length) break;
      const payload = rest.subarray(at + HEAD_BYTES, next);
      if (crc32(payload) !== rest.readUInt32LE(at + 4)) {
        // Torn, if it turns out that nothing follows.
        if (next === rest.length) break;
        throw new Error(`the journal is damaged at byte ${end}`);
      }
      at = next;
      end += HEAD_BYTES + size;
      yield { payload, end };
    }
  }
}
