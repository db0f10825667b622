import type { AlertMessage, Alerts } from '../../core/ports.ts';

/** Alerts in memory. */
export interface MemoryAlerts extends Alerts {
  /** What was told, in the order it was told. */
  readonly told: readonly AlertMessage[];
}

export function memoryAlerts(): MemoryAlerts {
  const told: AlertMessage[] = [];
  return {
    told,
    async publish(alerts) {
      told.push(...alerts);
    },
  };
}
