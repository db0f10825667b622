/** Snappy's block format, by its format description: greedy matches of at least four bytes within a block. */

const HASH_BITS = 14;
const MATCH_MIN = 4;
/** Longest copy that one element takes. */
const COPY_MAX = 64;

/** Bytes of the containers' blocks, as snappy-java cuts them. */
const BLOCK_BYTES = 32 * 1024;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}

function literal(bytes: Buffer): Buffer {
  const length = bytes.length - 1;
  if (length < 60) return Buffer.concat([Buffer.from([length << 2]), bytes]);
  const head = length < 0x100 ? [60 << 2, length] : [61 << 2, length & 0xff, length >>> 8];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function* copies(offset: number, length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= COPY_MAX) {
    yield Buffer.from([((Math.min(left, COPY_MAX) - 1) << 2) | 2, offset & 0xff, offset >>> 8]);
  }
}

function matchLength(block: Buffer, from: number, at: number): number {
  let length = 0;
  while (at + length < block.length && block[from + length] === block[at + length]) length++;
  return length;
}

/** Compresses up to 64 KiB. */
function compressBlock(block: Buffer): Buffer {
  const seen = new Int32Array(1 << HASH_BITS).fill(-1);
  const elements: Buffer[] = [varint(block.length)];
  let from = 0;
  let at = 0;
  while (at + MATCH_MIN <= block.length) {
    const hash = Math.imul(block.readUInt32LE(at), 0x1e35a7bd) >>> (32 - HASH_BITS);
    const before = seen[hash] as number;
    seen[hash] = at;
    if (before < 0 || block.readUInt32LE(before) !== block.readUInt32LE(at)) {
      at++;
      continue;
    }
    if (at > from) elements.push(literal(block.subarray(from, at)));
    const length = matchLength(block, before, at);
    elements.push(...copies(at - before, length));
    at += length;
    from = at;
  }
  if (from < block.length) elements.push(literal(block.subarray(from)));
  return Buffer.concat(elements);
}

function* blocks(data: Buffer): Generator<Buffer> {
  for (let at = 0; at < data.length; at += BLOCK_BYTES) yield data.subarray(at, at + BLOCK_BYTES);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The stream format of snappy-java, which Firehose's `Snappy` is: magic, version, then blocks with their length. */
export function snappyJava(data: Buffer): Buffer {
  const head = [Buffer.from([0x82]), Buffer.from('SNAPPY\0'), uint32(1), uint32(1)];
  const body = [...blocks(data)].map(compressBlock).flatMap((block) => [uint32(block.length), block]);
  return Buffer.concat([...head, ...body]);
}

/** Hadoop's block format: of each block the length of its data, then of what it is compressed to. */
export function hadoopSnappy(data: Buffer): Buffer {
  const body = [...blocks(data)].flatMap((block) => {
    const compressed = compressBlock(block);
    return [uint32(block.length), uint32(compressed.length), compressed];
  });
  return Buffer.concat(body);
}
