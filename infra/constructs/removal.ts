import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageConfig } from '../config.ts';

/** What becomes of what holds data when its stack is deleted. */
export const removalPolicy = ({ removal }: StageConfig): RemovalPolicy =>
  removal === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
