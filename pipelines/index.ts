import type { Plan } from '../core/pipeline/index.ts';
import { machineHealth } from './machine-health/pipeline.ts';
import { shopOrders } from './orders/pipeline.ts';
import { payments } from './payments/pipeline.ts';
import { webTraffic } from './web-traffic/pipeline.ts';

/** Every pipeline that is deployed. */
export const pipelines: readonly Plan[] = [webTraffic, machineHealth, payments, shopOrders];
