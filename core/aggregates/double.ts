const FRACTION_BITS = 52;
const EXPONENT_BIAS = 1075;

/** A finite double taken apart: `mantissa × 2^exponent`, the mantissa an integer of at most 53 bits (IEEE 754). */
export function partsOf(value: number): { readonly mantissa: number; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const high = view.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (high & 0xfffff) * 2 ** 32 + view.getUint32(4);
  const mantissa = biased === 0 ? fraction : fraction + 2 ** FRACTION_BITS;
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: Math.max(biased, 1) - EXPONENT_BIAS };
}
