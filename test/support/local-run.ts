import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { assemblyOf } from '../../cli/assembly.ts';
import { runQuery } from '../../cli/athena.ts';
import { stageOutputs } from '../../cli/outputs.ts';
import { chooseTarget } from '../../cli/target.ts';
import { type LocalOptions, startLocal } from '../../local/run.ts';

/** The synthesised app with `web-traffic` on this machine, with Firehose delivering every second. */
export async function runStack(options: Pick<LocalOptions, 'stateDir' | 'scheduleSeconds'> = {}) {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const assembly = await assemblyOf({ context: { stage: 'dev', pipelines: 'web-traffic' } }, log);
  const run = await startLocal({ assembly, port: 0, bufferSeconds: 1, log, ...options });
  run.gatherBatches(false); // nobody is to wait for batching windows but the tests of them
  const target = chooseTarget({ stage: 'dev', endpoint: run.endpoint }, {});
  const outputs = await stageOutputs(target);
  const athena = new AthenaClient(target.client);
  const query = async (sql: string) => (await runQuery(sql, { athena, outputs })).rows;
  return {
    run,
    target,
    outputs,
    /** What a shell needs to reach the run by any AWS SDK: an endpoint, a region and dummy credentials. */
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      AWS_ENDPOINT_URL: run.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      NO_COLOR: '1',
    },
    /** What the run has told the person at the terminal. */
    lines,
    query,
    /** Waits until a query that counts gives at least `count`, and returns what it gave last. */
    async until(sql: string, count: number): Promise<number> {
      for (let tries = 0; ; tries++) {
        const found = Number((await query(sql))[0]?.[0]);
        if (found >= count || tries === 150) return found;
        await pause(100);
      }
    },
    async close() {
      athena.destroy();
      await run.close();
    },
  };
}
