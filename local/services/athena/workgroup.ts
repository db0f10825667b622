import type { Resource } from '../../service.ts';

/** An Athena workgroup. */
export interface WorkGroup {
  readonly name: string;
  readonly description: string;
  /** `s3://…/`; undefined when the workgroup states none. */
  readonly outputLocation: string | undefined;
  /** Results stay with Athena, no location is needed. */
  readonly managedResults: boolean;
  /** The workgroup's settings win over the request's. */
  readonly enforced: boolean;
  readonly scanLimitBytes: number | undefined;
  readonly publishesMetrics: boolean;
  readonly createdAtMs: number;
  /** `WorkGroupConfiguration` as given. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Smallest limit Athena takes. */
const MIN_SCAN_LIMIT_BYTES = 10_000_000;

const isTrue = (value: unknown, otherwise: boolean) => (value === undefined ? otherwise : String(value) === 'true');

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shape
export function workGroupOf(name: string, description: string, configuration: Record<string, any> = {}): WorkGroup {
  const limit = configuration.BytesScannedCutoffPerQuery;
  if (limit !== undefined && Number(limit) < MIN_SCAN_LIMIT_BYTES) {
    throw new Error(
      `workgroup ${name}: BytesScannedCutoffPerQuery must be at least ${MIN_SCAN_LIMIT_BYTES}, found ${limit}`,
    );
  }
  return {
    name,
    description,
    outputLocation: configuration.ResultConfiguration?.OutputLocation,
    managedResults: isTrue(configuration.ManagedQueryResultsConfiguration?.Enabled, false),
    enforced: isTrue(configuration.EnforceWorkGroupConfiguration, true),
    scanLimitBytes: limit === undefined ? undefined : Number(limit),
    publishesMetrics: isTrue(configuration.PublishCloudWatchMetricsEnabled, true),
    createdAtMs: Date.now(),
    configuration,
  };
}

export function workGroupFrom({ properties, logicalId }: Resource): WorkGroup {
  if ((properties.State ?? 'ENABLED') !== 'ENABLED')
    throw new Error(`${logicalId}: a disabled workgroup is not emulated`);
  return workGroupOf(
    String(properties.Name ?? logicalId),
    properties.Description ?? '',
    properties.WorkGroupConfiguration,
  );
}
