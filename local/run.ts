import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Closers, createClosers } from './closers.ts';
import { createFaults, type FaultSettings, type Faults } from './faults.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { createMapping, type MappingModel, type Mappings } from './mapping/mapping.ts';
import type { LocalService, ServiceContext } from './service.ts';
import { createAthena } from './services/athena/athena.ts';
import { createCloudFormation } from './services/cloudformation/cloudformation.ts';
import { type CloudWatch, createCloudWatch } from './services/cloudwatch/cloudwatch.ts';
import { topicPublisher } from './services/cloudwatch/publisher.ts';
import { createDynamo } from './services/dynamodb.ts';
import { createFirehose, type Firehose, type FirehoseOptions } from './services/firehose/firehose.ts';
import { createGlue } from './services/glue.ts';
import { createKinesis } from './services/kinesis/kinesis.ts';
import { createLambda, type LambdaModel } from './services/lambda/lambda.ts';
import { createLogs } from './services/logs/logs.ts';
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
  /** Quotas of direct puts to Firehose; those of us-east-1 unless told. */
  readonly firehoseQuotas?: FirehoseOptions['quotas'];
  /** Interval of every schedule, in place of the template's. */
  readonly scheduleSeconds?: number;
  /** Of event source mappings and functions, what is not as on AWS unless told. */
  readonly model?: MappingModel & LambdaModel;
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
  /** Types in the template for which nothing but a name stands: `AWS::IAM::Role ×8`. */
  readonly notEmulated: readonly string[];
  /** Stack → output → value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Resolves once Firehose has delivered all that it has accepted by now; its buffers wait for their time. */
  delivered(): Promise<void>;
  /** Whether mappings gather batches for as long as the template says, as from the start, or hand over what they read. */
  gatherBatches(isOn: boolean): void;
  /** Stops reading, ends invocations, delivers what Firehose holds, then stops the rest. */
  close(): Promise<void>;
}

/** Alarms on high-resolution metrics are looked at every ten seconds; the others wait for their minute to end. */
const ALARMS_EVERY_MS = 10_000;

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
    const { firehose, mapping, services: opened } = await openServices(context, assembly, options, faults, closers);
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
      gatherBatches: (isOn) => mapping.gatherBatches(isOn),
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
  const { publish } = closers.add(topicPublisher(gateway.endpoint));
  const cloudWatch = closers.add(createCloudWatch({ publish, log, evaluateEveryMs: ALARMS_EVERY_MS }));
  const context = { endpoint: gateway.endpoint, stateDir: state, scratchDir, metric: cloudWatch.metric, log };
  return { gateway, context, cloudWatch };
}

/** Opened so that each finds those it uses, and so that, closed the other way round, nothing is lost on its way. */
async function openServices(
  context: ServiceContext,
  assembly: Assembly,
  { bufferSeconds, firehoseQuotas, scheduleSeconds, onPublish, model }: LocalOptions,
  faults: Faults,
  closers: Closers,
): Promise<{ readonly firehose: Firehose; readonly mapping: Mappings; readonly services: readonly LocalService[] }> {
  const logs = closers.add(createLogs());
  const kinesis = closers.add(createKinesis(context));
  const dynamo = closers.add(await createDynamo(context));
  const s3 = closers.add(await createS3(context, onPublish));
  const glue = closers.add(createGlue());
  const athena = closers.add(await createAthena(context, { glue }));
  const { nextDisturbance, invoker, reader } = faults;
  const lambda = closers.add(
    createLambda(context, { ...model, assetPath: assembly.assetPath, nextDisturbance, writeLog: logs.write }),
  );
  const firehose = closers.add(
    createFirehose(context, {
      glue,
      lambda: invoker(lambda),
      reader: reader(kinesis),
      bufferSeconds,
      quotas: firehoseQuotas,
    }),
  );
  const mapping = closers.add(createMapping(context, { ...model, reader: reader(kinesis), lambda: invoker(lambda) }));
  lambda.serve(mapping.operations);
  const scheduler = closers.add(createScheduler(context, { lambda: invoker(lambda), scheduleSeconds }));
  const services = [kinesis, dynamo, s3, glue, athena, firehose, lambda, mapping, scheduler, logs];
  return { firehose, mapping, services };
}

function outputsOf(stacks: readonly ProvisionedStack[]): LocalRun['outputs'] {
  return Object.fromEntries(
    stacks.map(({ name, outputs }) => [name, Object.fromEntries(outputs.map(({ key, value }) => [key, value]))]),
  );
}
