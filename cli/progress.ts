/** Shows how far a long piece of work has come, on stderr: one line rewritten on a terminal, a line every few seconds
 *  elsewhere. */
export class Progress {
  readonly #what: string;
  readonly #started = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #shownAt = Number.NEGATIVE_INFINITY;
  #text = '';

  constructor(what: string) {
    this.#what = what;
  }

  /** Seconds since the work began. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Says how many are done; `detail` is put behind it. */
  update(done: number, detail = `${Math.round(done / Math.max(this.seconds, 0.001)).toLocaleString('en-US')}/s`): void {
    this.#text = `${this.#what}: ${done.toLocaleString('en-US')}  ${detail}`;
    const every = this.#isTerminal ? 100 : 5_000;
    if (performance.now() - this.#shownAt < every) return;
    this.#shownAt = performance.now();
    this.#show(this.#isTerminal ? '' : '\n');
  }

  /** Shows the last state for good. */
  end(): void {
    this.#show('\n');
  }

  #show(end: string): void {
    if (this.#text === '') return;
    process.stderr.write(`${this.#isTerminal ? '\r\x1b[2K' : ''}${this.#text}${end}`);
  }
}

/** Makes room on a terminal for a line of something else; the next update shows the progress again. */
export function makeRoom(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
}
