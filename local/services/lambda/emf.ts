/** One value of one metric, as CloudWatch counts it. */
export interface Measurement {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: string;
  /** By the second, else by the minute. */
  readonly isHighResolution: boolean;
}

interface MetricDefinition {
  readonly Name?: unknown;
  readonly Unit?: unknown;
  readonly StorageResolution?: unknown;
}

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

// Limits of the embedded metric format's specification (CloudWatch User Guide).
const METRICS_MAX = 100;
const DIMENSIONS_MAX = 30;
const DIMENSION_CHARS_MAX = 1024;
const VALUES_MAX = 100;

/** What Lambda's runtime puts before a line of the console. */
const CONSOLE_HEAD = /^[\d:.TZ-]+\t[^\t]*\t[A-Z]+\t/;

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.includes('"_aws"')) return undefined;
  try {
    const document: unknown = JSON.parse(line.replace(CONSOLE_HEAD, ''));
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: a plain line of the log.
    return undefined;
  }
}

function list(value: unknown, lengthMax: number): readonly unknown[] {
  return Array.isArray(value) && value.length <= lengthMax ? value : [];
}

/** The dimension sets whose every name has a text at the root. No set at all counts as the empty one. */
function dimensionSets(document: Record<string, unknown>, directive: Directive): Record<string, string>[] {
  const sets = list(directive.Dimensions ?? [], Number.POSITIVE_INFINITY);
  if (sets.length === 0) return [{}];
  return sets.flatMap((names) => {
    if (!Array.isArray(names) || names.length > DIMENSIONS_MAX) return [];
    const pairs = names.map((name) => [name, document[name]] as const);
    const sound = pairs.every(([, value]) => typeof value === 'string' && value.length <= DIMENSION_CHARS_MAX);
    return sound ? [Object.fromEntries(pairs) as Record<string, string>] : [];
  });
}

function valuesOf(value: unknown): number[] {
  return (Array.isArray(value) ? list(value, VALUES_MAX) : [value]).filter((one) => Number.isFinite(one)) as number[];
}

/** The metrics of a log line in the embedded metric format: every value in every dimension set. Empty for any other
 *  line, and for a document that breaks the format's limits: CloudWatch keeps that as a plain line. */
export function embeddedMetrics(line: string): Measurement[] {
  const document = parse(line);
  const directives = (document?._aws as { CloudWatchMetrics?: unknown } | undefined | null)?.CloudWatchMetrics;
  if (!document || !Array.isArray(directives)) return [];
  return directives.flatMap((directive: Directive) => {
    const namespace = directive?.Namespace;
    if (typeof namespace !== 'string' || namespace === '') return [];
    const sets = dimensionSets(document, directive);
    return list(directive.Metrics, METRICS_MAX).flatMap((metric) => {
      const { Name: name, Unit, StorageResolution } = (metric ?? {}) as MetricDefinition;
      if (typeof name !== 'string') return [];
      const unit = typeof Unit === 'string' ? Unit : 'None';
      const kept = { unit, isHighResolution: StorageResolution === 1 };
      return valuesOf(document[name]).flatMap((value) =>
        sets.map((dimensions) => ({ namespace, name, dimensions, value, ...kept })),
      );
    });
  });
}
