import { duration, PipelineError } from './errors.ts';

/** From `startMs`, included, to `endMs`, excluded; event time in milliseconds since 1970. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** How event time is cut into windows. */
export interface Over {
  /** Name and parameters. */
  readonly kind: string;
  /** The windows that an item of this time belongs to, earliest first. */
  readonly windowsOf: (timeMs: number) => readonly Span[];
  /** Whether windows of a key that overlap become one. Not those that touch: the first may have closed by then. */
  readonly merges: boolean;
}

/** Windows that follow each other: of `size` milliseconds, beginning at multiples of it since 1970, UTC, `offset` later. */
export function tumbling(size: number, { offset = 0 }: { readonly offset?: number } = {}): Over {
  return hopping(size, size, { offset });
}

/** Windows of `size` milliseconds, one beginning every `every`: an item belongs to all that it lies in. */
export function hopping(size: number, every: number, { offset = 0 }: { readonly offset?: number } = {}): Over {
  const kind = size === every ? `tumbling(${size}, ${offset})` : `hopping(${size}, ${every}, ${offset})`;
  duration(kind, 'offset', offset);
  if (
    duration(kind, 'size', size) === 0 ||
    duration(kind, 'every', every) === 0 ||
    every > size ||
    size / every > 100
  ) {
    throw new PipelineError(
      kind,
      `a size of ${size} every ${every}`,
      'windows that leave no gap, at most 100 of an item',
    );
  }
  return {
    kind,
    merges: false,
    windowsOf: (timeMs) => {
      const lastMs = Math.floor((timeMs - offset) / every) * every + offset;
      const spans: Span[] = [];
      for (let startMs = lastMs; startMs > timeMs - size; startMs -= every)
        spans.unshift({ startMs, endMs: startMs + size });
      return spans;
    },
  };
}

/** Windows that last for as long as the items of a key leave no gap of this many milliseconds; they end that long after
 *  their last item. */
export function session(gap: number): Over {
  if (duration('session', 'gap', gap) === 0) throw new PipelineError('session', 'a gap of 0', 'at least a millisecond');
  return {
    kind: `session(${gap})`,
    merges: true,
    windowsOf: (timeMs) => [{ startMs: timeMs, endMs: timeMs + gap }],
  };
}
