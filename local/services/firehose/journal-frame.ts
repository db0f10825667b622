import { crc32 } from 'node:zlib';
import type { PartId, Plan } from './journal.ts';
import type { Accepted } from './part.ts';

/** An entry of the journal. */
export type Frame =
  | { readonly kind: 'record'; readonly number: number; readonly record: Accepted }
  | { readonly kind: 'plan'; readonly plan: Plan; readonly parts: readonly PartId[] }
  | { readonly kind: 'done'; readonly id: number };

/** Before each body: its length (uint32) and its CRC-32 (uint32). */
const HEADER_BYTES = 8;
/** Kind (uint8) and length of what is in JSON (uint32); a record's data follow it. */
const BODY_BYTES = 5;
const KINDS: readonly Frame['kind'][] = ['record', 'plan', 'done'];

/** Runs of parts, four numbers each: record, part, and either how many parts of the record follow each other or in how
 *  many records this part does. */
function runsOf(parts: readonly PartId[]): number[] {
  const runs: number[] = [];
  for (const { record, part } of parts) {
    const at = runs.length - 4;
    const [first = Number.NaN, from = 0, parts = 0, records = 0] = at < 0 ? [] : runs.slice(at);
    if (first === record && from + parts === part && records === 1) runs[at + 2] = parts + 1;
    else if (first + records === record && from === part && parts === 1) runs[at + 3] = records + 1;
    else runs.push(record, part, 1, 1);
  }
  return runs;
}

function partsOf(runs: readonly number[]): PartId[] {
  const found: PartId[] = [];
  for (let at = 0; at < runs.length; at += 4) {
    const [record = 0, part = 0, parts = 0, records = 0] = runs.slice(at, at + 4);
    for (let i = 0; i < records; i++)
      for (let j = 0; j < parts; j++) found.push({ record: record + i, part: part + j });
  }
  return found;
}

function headOf(frame: Frame): unknown {
  if (frame.kind === 'record') return [frame.number, frame.record.arrivalMs, frame.record.origin];
  if (frame.kind === 'plan') return [frame.plan.id, frame.plan.objects, runsOf(frame.parts)];
  return [frame.id];
}

export function encodeFrame(frame: Frame): Buffer {
  const head = JSON.stringify(headOf(frame));
  const headBytes = Buffer.byteLength(head);
  const data = frame.kind === 'record' ? frame.record.data : undefined;
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + BODY_BYTES + headBytes + (data?.length ?? 0));
  bytes.writeUInt32BE(bytes.length - HEADER_BYTES, 0);
  bytes.writeUInt8(KINDS.indexOf(frame.kind), HEADER_BYTES);
  bytes.writeUInt32BE(headBytes, HEADER_BYTES + 1);
  bytes.write(head, HEADER_BYTES + BODY_BYTES);
  data?.copy(bytes, HEADER_BYTES + BODY_BYTES + headBytes);
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES)), 4);
  return bytes;
}

function decode(body: Buffer): Frame {
  const headEnd = BODY_BYTES + body.readUInt32BE(1);
  const head = JSON.parse(body.toString('utf8', BODY_BYTES, headEnd));
  const kind = KINDS[body.readUInt8(0)];
  if (kind === 'record') {
    const [number, arrivalMs, origin] = head;
    return { kind, number, record: { data: body.subarray(headEnd), arrivalMs, ...(origin && { origin }) } };
  }
  if (kind === 'plan') {
    const [id, objects, runs] = head;
    const parts = partsOf(runs);
    return { kind, plan: { id, objects, size: parts.length }, parts };
  }
  return { kind: 'done', id: head[0] };
}

/** Reads frames until one is torn: that one was never acknowledged. */
export function* readFrames(content: Buffer): Generator<Frame> {
  let at = 0;
  while (at + HEADER_BYTES <= content.length) {
    const end = at + HEADER_BYTES + content.readUInt32BE(at);
    if (end > content.length || crc32(content.subarray(at + HEADER_BYTES, end)) !== content.readUInt32BE(at + 4))
      return;
    yield decode(content.subarray(at + HEADER_BYTES, end));
    at = end;
  }
}
