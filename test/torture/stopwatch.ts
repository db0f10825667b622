/** How long a run has been going on. */
export class Stopwatch {
  readonly startedMs = performance.now();

  get seconds(): number {
    return Number(((performance.now() - this.startedMs) / 1000).toFixed(1));
  }

  /** Minutes and seconds, e.g. `02:07`. */
  toString(): string {
    const whole = Math.floor(this.seconds);
    return [Math.floor(whole / 60), whole % 60].map((part) => String(part).padStart(2, '0')).join(':');
  }
}
