/** An expression that CloudWatch would not take, or that is not emulated; says what is wrong in it. */
export class MathError extends Error {
  override readonly name = 'MathError';
}
