import type { RecordMetric } from '../service.ts';

/** The EventCount group, which a mapping has to ask for (MetricsConfig). */
export type EventCount =
  | 'PolledEventCount'
  | 'FilteredOutEventCount'
  | 'InvokedEventCount'
  | 'FailedInvokeEventCount'
  | 'DroppedEventCount'
  | 'OnFailureDestinationDeliveredEventCount';

export interface MappingMetrics {
  /** From the arrival of a batch's last record to its invocation. */
  iteratorAge(ms: number): void;
  count(name: EventCount, records: number): void;
  /** The on-failure destination did not take a message. */
  destinationFailed(): void;
}

export function createMetrics(
  metric: RecordMetric,
  mapping: { readonly uuid: string; readonly functionName: string; readonly countsEvents: boolean },
): MappingMetrics {
  const ofFunction = { FunctionName: mapping.functionName };
  const ofMapping = { EventSourceMappingUUID: mapping.uuid };
  return {
    iteratorAge: (ms) => metric('AWS/Lambda', 'IteratorAge', ofFunction, ms),
    count(name, records) {
      if (mapping.countsEvents) metric('AWS/Lambda', name, ofMapping, records);
    },
    destinationFailed: () => metric('AWS/Lambda', 'DestinationDeliveryFailures', ofFunction, 1),
  };
}
