import type { Plan } from '../core/pipeline/index.ts';
import { shopOrders } from './orders/pipeline.ts';
import { webTraffic } from './web-traffic/pipeline.ts';

/** Every pipeline that is deployed. */
export const pipelines: readonly Plan[] = [webTraffic, shopOrders];
