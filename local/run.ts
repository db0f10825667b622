import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Closers, createClosers } from './closers.ts';
import { createFaults, type FaultSettings, type Faults } from './faults.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { createMapping } from './mapping/mapping.ts';
import type { LocalService, ServiceContext } from './service.ts';
import { createAthena } from './services/athena/athena.ts';
import { createCloudFormation } from './services/cloudformation/cloudformation.ts';
import { type CloudWatch, createCloudWatch } from './services/cloudwatch/cloudwatch.ts';
import { createDynamo } from './services/dynamodb.ts';
import { createFirehose, type Firehose } from './services/firehose/firehose.ts';
import { createGlue } from './services/glue.ts';
import { createKinesis } from './services/kinesis/kinesis.ts';
import { createLambda } from './services/lambda/lambda.ts';
import type { Published } from './services/s3/fauxqs.ts';
import { createS3 } from './services/s3.ts';
import { createScheduler } from './services/scheduler/scheduler.ts';
import { lockState } from './state-lock.ts';
import { type Assembly, readAssembly } from './template/assembly.ts';
import { notEmulated, type ProvisionedStack, provisionStacks } from './template/provision.ts';

export interface LocalOptions {
  /** Directory of the cloud assembly, usually `cdk.out`. */
  readonly assembly: string;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Where streams, tables and objects outlive the run; without it they end with it. One run at a time. */
  readonly stateDir?: string;
  /** Buffering interval of every delivery stream, in place of the template's. */
  readonly bufferSeconds?: number;
  /** Interval of every schedule, in place of the template's. */
  readonly scheduleSeconds?: number;
  /** What is to go wrong from the start; more can be asked for at `/_millrace/faults`. */
  readonly faults?: FaultSettings;
  /** Takes one line for the person at the terminal. */
  readonly log?: (line: string) => void;
  /** Hears of each message that a topic has taken. */
  readonly onPublish?: (published: Published) => void;
}

export interface LocalRun {
  /** E.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly port: number;
  /** Types in the template for which nothing but a name stands: `AWS::CloudWatch::Alarm ×8`. */
  readonly notEmulated: readonly string[];
  /** Stack → output → value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Resolves once Firehose has delivered all that it has accepted by now; its buffers wait for their time. */
  delivered(): Promise<void>;
  /** Stops reading, ends invocations, delivers what Firehose holds, then stops the rest. */
  close(): Promise<void>;
}

/** Runs a synthesised app on this machine.
 *  @throws Error saying what could not be opened or made; all that was opened is closed again. */
export async function startLocal(options: LocalOptions): Promise<LocalRun> {
  const closers = createClosers();
  try {
    const assembly = readAssembly(options.assembly);
    const faults = createFaults(options.faults);
    const { rules, seed } = faults.state;
    if (rules.length > 0) options.log?.(`faults on request: ${rules.length} rules, seed ${seed}`);
    const { gateway, context, cloudWatch } = await openContext(options, faults, closers);
    const cloudFormation = createCloudFormation();
    const { firehose, services: opened } = await openServices(context, assembly, options, faults, closers);
    const services = [cloudWatch, cloudFormation, ...opened];
    gateway.serve(services);
    const stacks = await provisionStacks(assembly.stacks, services);
    cloudFormation.show(stacks);
    return {
      endpoint: gateway.endpoint,
      port: gateway.port,
      notEmulated: notEmulated(stacks),
      outputs: outputsOf(stacks),
      delivered: () => firehose.delivered(),
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close().catch((closing: unknown) => {
      throw new AggregateError([error, closing], `${String(error)}; and while closing: ${String(closing)}`);
    });
    throw error;
  }
}

async function openContext(
  { port, stateDir, log = () => {} }: LocalOptions,
  faults: Faults,
  closers: Closers,
): Promise<{ gateway: Gateway; context: ServiceContext; cloudWatch: CloudWatch }> {
  const state = stateDir === undefined ? undefined : resolve(stateDir);
  if (state !== undefined) closers.add({ close: lockState(state) });
  const scratchDir = mkdtempSync(join(tmpdir(), 'millrace-'));
  closers.add({ close: () => rmSync(scratchDir, { recursive: true, force: true }) });
  const gateway = closers.add(await openGateway(port, faults));
  const cloudWatch = createCloudWatch();
  const context = { endpoint: gateway.endpoint, stateDir: state, scratchDir, metric: cloudWatch.metric, log };
  return { gateway, context, cloudWatch };
}

/** Opened so that each finds those it uses, and so that, closed the other way round, nothing is lost on its way. */
async function openServices(
  context: ServiceContext,
  assembly: Assembly,
  { bufferSeconds, scheduleSeconds, onPublish }: LocalOptions,
  faults: Faults,
  closers: Closers,
): Promise<{ readonly firehose: Firehose; readonly services: readonly LocalService[] }> {
  const kinesis = closers.add(createKinesis(context));
  const dynamo = closers.add(await createDynamo(context));
  const s3 = closers.add(await createS3(context, onPublish));
  const glue = closers.add(createGlue());
  const athena = closers.add(await createAthena(context, { glue }));
  const firehose = closers.add(createFirehose(context, { glue, bufferSeconds }));
  const { nextDisturbance, invoker, reader } = faults;
  const lambda = closers.add(createLambda(context, { assetPath: assembly.assetPath, nextDisturbance }));
  const mapping = closers.add(createMapping(context, { reader: reader(kinesis), lambda: invoker(lambda) }));
  const scheduler = closers.add(createScheduler(context, { lambda: invoker(lambda), scheduleSeconds }));
  return { firehose, services: [kinesis, dynamo, s3, glue, athena, firehose, lambda, mapping, scheduler] };
}

function outputsOf(stacks: readonly ProvisionedStack[]): LocalRun['outputs'] {
  return Object.fromEntries(
    stacks.map(({ name, outputs }) => [name, Object.fromEntries(outputs.map(({ key, value }) => [key, value]))]),
  );
}
