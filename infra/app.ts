import { App } from 'aws-cdk-lib';
import { quarantineTable } from '../core/pipeline/quarantine.ts';
import { pipelines } from '../pipelines/index.ts';
import { ConfigError, stageConfig } from './config.ts';
import { addMillrace } from './millrace.ts';
import { readReleased, refuseChangedStates } from './released.ts';

// Without usage reports, whose resource has nothing to do with the pipelines.
const app = new App({ analyticsReporting: false });
try {
  for (const plan of pipelines) refuseChangedStates(plan, readReleased(plan.name));
  addMillrace(app, { config: stageConfig(app.node.getAllContext()), pipelines, quarantine: quarantineTable });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
