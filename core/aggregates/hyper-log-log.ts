/** HyperLogLog (Flajolet et al. 2007) over hashes of 52 bits, estimated as by Ertl (arXiv:1702.01284, the improved raw
 *  estimator), unbiased from 0 on without tables; his correction for hashes that are too short is left out: these run out
 *  near 2^52 values. It adds, multiplies and divides only, so that every machine gives the same number.
 *
 *  `2^precision` registers of one character each: merging is taking the greater, and a state is a plain string. */

/** Hexadecimal digits of a hash: 52 bits, as many as a double counts exactly. */
export const HASH_DIGITS = 13;
const HASH_BITS = 52;

/** The character of register 0. The greatest is 49 further, so that neither " nor \ occurs and JSON adds nothing. */
const ZERO = '('.charCodeAt(0);

/** The fewest registers, as a power of two, whose standard error is at most this. */
export function precisionFor(error: number): number {
  let precision = 4;
  while (1.04 / Math.sqrt(2 ** precision) > error) precision += 1;
  return precision;
}

/** Registers, empty ones unless given, with more hashes in them. */
export function withHashes(precision: number, hashes: readonly string[], registers?: string): string {
  const bytes = registers === undefined ? Buffer.alloc(2 ** precision, ZERO) : Buffer.from(registers, 'latin1');
  const bits = HASH_BITS - precision;
  for (const digits of hashes) {
    const hash = Number.parseInt(digits, 16);
    const index = Math.floor(hash / 2 ** bits);
    const rank = bits - bitsOf(hash % 2 ** bits) + 1;
    bytes[index] = Math.max(bytes[index] as number, ZERO + rank);
  }
  return bytes.toString('latin1');
}

export function mergeRegisters(left: string, right: string): string {
  const [bytes, others] = [Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1')];
  others.forEach((other, i) => {
    bytes[i] = Math.max(bytes[i] as number, other);
  });
  return bytes.toString('latin1');
}

/** Estimated number of distinct hashes. */
export function estimate(precision: number, registers: string): number {
  const size = 2 ** precision;
  const bits = HASH_BITS - precision;
  const having = new Array<number>(bits + 2).fill(0);
  for (const byte of Buffer.from(registers, 'latin1')) having[byte - ZERO] = (having[byte - ZERO] as number) + 1;
  let sum = 0;
  for (let rank = bits + 1; rank >= 1; rank -= 1) sum = 0.5 * (sum + (having[rank] as number));
  sum += size * sigma((having[0] as number) / size);
  return (0.5 / Math.LN2) * size * (size / sum);
}

/** x + Σ x^(2^k) 2^(k-1): what empty registers stand for. */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z, before] = [share, 1, share, -1];
  while (z !== before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function bitsOf(integer: number): number {
  const high = Math.floor(integer / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(integer);
}
