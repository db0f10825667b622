/** CBOR (RFC 8949) as Smithy's RPC protocol uses it: times are tag 1, seconds of the epoch. */
const TAG_EPOCH = 1;
const BREAK = 0xff;
const INDEFINITE = 31;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** Reads one item: times become seconds of the epoch. @throws RangeError when it is cut off or unknown. */
export function decodeCbor(data: Buffer): unknown {
  let at = 0;

  function length(info: number): number {
    if (info < 24) return info;
    const bytes = 2 ** (info - 24);
    if (bytes > 8) throw new RangeError(`CBOR: unknown length ${info}`);
    const value = bytes === 8 ? Number(data.readBigUInt64BE(at)) : data.readUIntBE(at, bytes);
    at += bytes;
    return value;
  }

  function items(info: number, read: () => void): void {
    if (info !== INDEFINITE) {
      for (let left = length(info); left > 0; left -= 1) read();
      return;
    }
    while (data[at] !== BREAK) read();
    at += 1;
  }

  function bytes(info: number): Buffer {
    if (info === INDEFINITE) {
      const chunks: Buffer[] = [];
      items(info, () => chunks.push(bytes((data[at++] ?? 0) & 0x1f)));
      return Buffer.concat(chunks);
    }
    const size = length(info);
    if (at + size > data.length) throw new RangeError('CBOR: cut off');
    at += size;
    return data.subarray(at - size, at);
  }

  function simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return undefined;
    const size = { 25: 2, 26: 4, 27: 8 }[info];
    if (size === undefined) throw new RangeError(`CBOR: unknown simple value ${info}`);
    at += size;
    if (size === 2) return half(data.readUInt16BE(at - size));
    return size === 4 ? data.readFloatBE(at - size) : data.readDoubleBE(at - size);
  }

  function item(): unknown {
    const head = data.readUInt8(at);
    at += 1;
    const info = head & 0x1f;
    switch (head >> 5) {
      case MAJOR.unsigned:
        return length(info);
      case MAJOR.negative:
        return -1 - length(info);
      case MAJOR.bytes:
        return bytes(info);
      case MAJOR.text:
        return bytes(info).toString('utf8');
      case MAJOR.array: {
        const list: unknown[] = [];
        items(info, () => list.push(item()));
        return list;
      }
      case MAJOR.map: {
        const entries: [string, unknown][] = [];
        items(info, () => entries.push([String(item()), item()]));
        return Object.fromEntries(entries);
      }
      case MAJOR.tag:
        length(info);
        return item();
      default:
        return simple(info);
    }
  }

  return item();
}

function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes objects, arrays, text, numbers, booleans and dates; members that are undefined are left out. */
export function encodeCbor(value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.from([0xf6]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'string') return Buffer.concat([head(MAJOR.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Date) return Buffer.concat([head(MAJOR.tag, TAG_EPOCH), numberOf(value.getTime() / 1000)]);
  if (Array.isArray(value)) return Buffer.concat([head(MAJOR.array, value.length), ...value.map(encodeCbor)]);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Buffer.concat([head(MAJOR.map, entries.length), ...entries.flat().map(encodeCbor)]);
}

function numberOf(value: number): Buffer {
  if (Number.isSafeInteger(value)) return value >= 0 ? head(MAJOR.unsigned, value) : head(MAJOR.negative, -1 - value);
  const double = Buffer.alloc(9, 0xfb);
  double.writeDoubleBE(value, 1);
  return double;
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  const size = count < 2 ** 8 ? 1 : count < 2 ** 16 ? 2 : count < 2 ** 32 ? 4 : 8;
  const made = Buffer.alloc(1 + size);
  made.writeUInt8((major << 5) | (24 + Math.log2(size)));
  if (size === 8) made.writeBigUInt64BE(BigInt(count), 1);
  else made.writeUIntBE(count, 1, size);
  return made;
}
