import { partsOf } from './double.ts';

/** A number without rounding: the double itself where there is one, else `[mantissa, exponent]` for
 *  `mantissa × 2^exponent` with an odd mantissa in decimal digits. So each value has one form, and adding is associative
 *  and commutative to the byte. At most some 1,300 characters, since doubles span 2,100 bits. */
export type Exact = number | readonly [mantissa: string, exponent: number];

interface Scaled {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Highest and lowest power of two in a double, and its bits. */
const MAX_EXPONENT = 1024;
const MIN_EXPONENT = -1074;
const DOUBLE_BITS = 53;
/** Bits that are enough to round by, if the lowest says whether there is anything below. */
const ROUNDING_BITS = 64;

export function add(left: Exact, right: Exact): Exact {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    const moved = sum - left;
    const lost = left - (sum - moved) + (right - moved); // Knuth's TwoSum: what rounding took, exactly
    if (lost === 0) return sum;
  }
  const [a, b] = [scaled(left), scaled(right)];
  const exponent = Math.min(a.exponent, b.exponent);
  return exact(shifted(a, exponent) + shifted(b, exponent), exponent);
}

export function multiply(left: Exact, right: Exact): Exact {
  const product = Number(left) * Number(right); // NaN for one that is no double
  if (Number.isSafeInteger(product) && Number.isInteger(left) && Number.isInteger(right)) return product;
  const [a, b] = [scaled(left), scaled(right)];
  return exact(a.mantissa * b.mantissa, a.exponent + b.exponent);
}

export const negate = (value: Exact): Exact => multiply(value, -1);

/** The nearest double, ties to even; infinite above the largest. */
export function toNumber(value: Exact): number {
  if (typeof value === 'number') return value;
  const { mantissa, exponent } = scaled(value);
  const absolute = mantissa < 0n ? -mantissa : mantissa;
  const dropped = Math.max(0, bitsOf(absolute) - ROUNDING_BITS);
  const top = absolute >> BigInt(dropped);
  const rounded = Number(dropped > 0 ? top | 1n : top); // an odd mantissa: what is dropped is never 0
  const power = exponent + dropped;
  const half = Math.trunc(power / 2); // one factor alone could be out of range
  return (mantissa < 0n ? -1 : 1) * rounded * 2 ** half * 2 ** (power - half);
}

function scaled(value: Exact): Scaled {
  if (typeof value !== 'number') return { mantissa: BigInt(value[0]), exponent: value[1] };
  if (Number.isSafeInteger(value)) return { mantissa: BigInt(value), exponent: 0 };
  const { mantissa, exponent } = partsOf(value);
  return { mantissa: BigInt(mantissa), exponent };
}

const shifted = ({ mantissa, exponent }: Scaled, to: number) => mantissa << BigInt(exponent - to);

/** The one form of a value. */
function exact(mantissa: bigint, exponent: number): Exact {
  if (mantissa === 0n) return 0;
  const zeros = bitsOf(mantissa & -mantissa) - 1;
  const odd = mantissa >> BigInt(zeros);
  const power = exponent + zeros;
  const bits = bitsOf(odd < 0n ? -odd : odd);
  const isDouble = bits <= DOUBLE_BITS && power >= MIN_EXPONENT && power + bits <= MAX_EXPONENT;
  return isDouble ? toNumber([String(odd), power]) : [String(odd), power];
}

const bitsOf = (positive: bigint) => positive.toString(2).length;
