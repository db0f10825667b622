import { partsOf } from './double.ts';

/** Bucket numbers, ascending, each with its count behind it. */
export type Buckets = readonly number[];

/** Exponent of the least double with all its bits; what is nearer to 0 counts as 0. */
const MIN_POWER = -1022;

/** Divides the number line into buckets whose middle is within `accuracy` of all that is in it: DDSketch (Masson et al.,
 *  VLDB 2019) with the logarithm interpolated by a parabola between powers of two, (s - 1)(5 - s) / 3 for s in [1, 2).
 *  That takes 8 percent more buckets than a true logarithm and needs no function that engines round differently: the
 *  same number falls into the same bucket everywhere. */
export function bucketsOf(accuracy: number) {
  const perOctave = Math.ceil(0.375 / accuracy); // the parabola is least steep, 4/3 of the logarithm's scale, at 1 and 2

  function numberOf(value: number): number {
    const { mantissa, exponent } = partsOf(Math.abs(value));
    const [scale, power] = [mantissa / 2 ** 52, exponent + 52];
    if (scale < 1) return 0;
    const step = Math.floor((perOctave * ((scale - 1) * (5 - scale))) / 3);
    return Math.sign(value) * ((power - MIN_POWER) * perOctave + step + 1);
  }

  function middleOf(bucket: number): number {
    if (bucket === 0) return 0;
    const [octave, step] = [Math.floor((Math.abs(bucket) - 1) / perOctave), (Math.abs(bucket) - 1) % perOctave];
    const [from, to] = [scaleAt(step / perOctave), scaleAt((step + 1) / perOctave)];
    return Math.sign(bucket) * ((2 * from * to) / (from + to)) * 2 ** (octave + MIN_POWER);
  }

  return { perOctave, numberOf, middleOf };
}

/** The s at which the parabola has this height. */
const scaleAt = (height: number) => 3 - Math.sqrt(4 - 3 * height);

/** Both together, in at most `limit` buckets: what is below those goes into the lowest. Which buckets remain depends on
 *  what was put in, not on its order. */
export function mergeBuckets(left: Buckets, right: Buckets, limit: number): Buckets {
  const merged = [...left];
  let at = 0;
  for (let r = 0; r < right.length; r += 2) {
    const [bucket, count] = [right[r] as number, right[r + 1] as number];
    while ((merged[at] as number) < bucket) at += 2;
    if (merged[at] === bucket) (merged[at + 1] as number) += count;
    else merged.splice(at, 0, bucket, count);
  }
  const excess = Math.max(0, merged.length - 2 * limit);
  for (let i = 0; i < excess; i += 2) (merged[excess + 1] as number) += merged[i + 1] as number;
  return merged.slice(excess);
}

const MAX_VARINT_BYTES = 8;

/** As base64 of variable-length integers (LEB128): the first bucket's number with its sign in the lowest bit, its count,
 *  then for each further bucket the distance from the one before and its count. */
export function encodeBuckets(buckets: Buckets): string {
  const bytes = Buffer.allocUnsafe(MAX_VARINT_BYTES * buckets.length);
  let at = 0;
  const put = (integer: number) => {
    let rest = integer;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) + 128;
    bytes[at++] = rest;
  };
  for (let i = 0; i < buckets.length; i += 2) {
    const bucket = buckets[i] as number;
    put(i === 0 ? zigzag(bucket) : bucket - (buckets[i - 2] as number));
    put(buckets[i + 1] as number);
  }
  return bytes.toString('base64', 0, at);
}

export function decodeBuckets(text: string): Buckets {
  const bytes = Buffer.from(text, 'base64');
  let at = 0;
  const take = () => {
    let [integer, scale] = [0, 1];
    for (; (bytes[at] as number) > 127; scale *= 128) integer += ((bytes[at++] as number) - 128) * scale;
    return integer + (bytes[at++] as number) * scale;
  };
  const buckets = [unzigzag(take()), take()];
  while (at < bytes.length) buckets.push((buckets[buckets.length - 2] as number) + take(), take());
  return buckets;
}

const zigzag = (integer: number) => (integer < 0 ? -2 * integer - 1 : 2 * integer);
const unzigzag = (integer: number) => (integer % 2 === 1 ? -(integer + 1) / 2 : integer / 2);
