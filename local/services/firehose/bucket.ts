/** What may pass each second: a bucket that fills at a rate and holds one second of it. */
export class TokenBucket {
  private readonly perSecond: number;
  private readonly now: () => number;
  private left: number;
  private filledAtMs: number;

  /** `now` gives milliseconds. */
  constructor(perSecond: number, now: () => number) {
    this.perSecond = perSecond;
    this.now = now;
    this.left = perSecond;
    this.filledAtMs = now();
  }

  /** Whether so much may pass now. */
  has(amount: number): boolean {
    const nowMs = this.now();
    this.left = Math.min(this.perSecond, this.left + ((nowMs - this.filledAtMs) / 1000) * this.perSecond);
    this.filledAtMs = nowMs;
    return this.left >= amount;
  }

  take(amount: number): void {
    this.left -= amount;
  }
}
