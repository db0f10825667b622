import { crc32, deflateRawSync } from 'node:zlib';

/** Version 2.0 of the format, deflated, names in UTF-8. Source: APPNOTE of PKWARE. */
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** 1 January 1980: the object's own name has the time. */
const DOS_DATE = 0x21;

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const DIRECTORY_END = 0x06054b50;

type Field = readonly [bytes: 2 | 4, value: number];

function pack(fields: readonly Field[]): Buffer {
  const packed = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields) at = packed.writeUIntLE(value, at, bytes);
  return packed;
}

/** An archive that holds one file. */
export function zipOf(name: string, data: Buffer): Buffer {
  const path = Buffer.from(name);
  const body = deflateRawSync(data);
  const entry: readonly Field[] = [
    [2, VERSION],
    [2, UTF8_NAMES],
    [2, DEFLATED],
    [2, 0],
    [2, DOS_DATE],
    [4, crc32(data)],
    [4, body.length],
    [4, data.length],
    [2, path.length],
    [2, 0],
  ];
  const local = Buffer.concat([pack([[4, LOCAL_HEADER], ...entry]), path, body]);
  // No comment, first disk, no attributes, and the entry begins at 0
  const tail: readonly Field[] = [
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, 0],
  ];
  const directory = Buffer.concat([pack([[4, DIRECTORY_HEADER], [2, VERSION], ...entry, ...tail]), path]);
  const end = pack([
    [4, DIRECTORY_END],
    [2, 0],
    [2, 0],
    [2, 1],
    [2, 1],
    [4, directory.length],
    [4, local.length],
    [2, 0],
  ]);
  return Buffer.concat([local, directory, end]);
}
