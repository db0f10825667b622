import { memoryAlerts } from './alerts.ts';
import { memoryLake } from './lake.ts';
import { memoryStreams } from './streams.ts';
import { memoryViews } from './views.ts';

/** Every sink in memory. */
export const memorySinks = () => ({
  lake: memoryLake(),
  alerts: memoryAlerts(),
  views: memoryViews(),
  streams: memoryStreams(),
});
