import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { median } from '../engine/measure.ts';
import { DELIVERY_STREAM, SHARDS, STREAM, writeAssembly } from './assembly.ts';
import { EVENT_BYTES, Load } from './load.ts';
import { type Server, startServer } from './servers.ts';

/** What puts to a server came to, by the median of the rounds. */
export interface Puts {
  readonly server: string;
  readonly eventsPerSecond: number;
  /** Of the server's own process. */
  readonly cpuMicrosPerEvent: number;
}

export interface Measurement {
  readonly events: number;
  readonly rounds: number;
  readonly puts: readonly Puts[];
  /** From the first put until Firehose has the last event in its buffer. */
  readonly through: {
    readonly eventsPerSecond: number;
    /** Of the services' process; the function's are processes of their own. */
    readonly cpuMicrosPerEvent: number;
    /** Events that Firehose has taken, by their bytes, over all rounds. */
    readonly arrived: number;
    readonly expected: number;
  };
  /** From the start of the process until every service answers. */
  readonly startSeconds: number;
}

const PATIENCE_MS = 120_000;
/** Put before anything is measured. */
const WARM_UP_EVENTS = 20_000;
/** The peer slows as it fills, and gets only so many a round. */
const PEER_EVENTS = 2_500;

/** Lines have a line break. */
const LINE_BYTES = EVENT_BYTES + 1;

export async function measure(events: number, rounds: number, told: (what: string) => void): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    writeAssembly(directory);
    const puts = await measurePuts(events, rounds, told);
    told('put → function → Firehose');
    return { events, rounds, puts, ...(await measureThrough(directory, events, rounds)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const PUT_SERVERS = [
  { server: 'null server', program: 'null-child.ts' },
  { server: 'Millrace', program: 'kinesis-child.ts' },
  { server: 'kinesis-local', program: 'peer-child.ts' },
] as const;

/** The same calls to each server, in turns. */
async function measurePuts(events: number, rounds: number, told: (what: string) => void): Promise<readonly Puts[]> {
  const found: Puts[] = [];
  for (const { server: name, program } of PUT_SERVERS) {
    if (name === 'kinesis-local' && !isInstalled(name)) continue;
    told(`puts: ${name}`);
    const server = await startServer(program);
    const load = new Load(server.port, STREAM);
    const share = name === 'kinesis-local' ? Math.min(events, PEER_EVENTS) : events;
    try {
      await load.call('CreateStream', { StreamName: STREAM, ShardCount: SHARDS });
      if (name !== 'null server') await untilActive(load);
      await load.put(Math.min(share, WARM_UP_EVENTS));
      found.push({ server: name, ...(await medianOf(rounds, share, server, () => load.put(share))) });
    } finally {
      load.close();
      await server.stop();
    }
  }
  return found;
}

export function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

async function untilActive(load: Load): Promise<void> {
  for (;;) {
    const answer = await load.call('DescribeStreamSummary', { StreamName: STREAM });
    if (answer.includes('ACTIVE')) return;
    await pause(20);
  }
}

async function medianOf(rounds: number, events: number, server: Server, run: () => Promise<void>) {
  const rates: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cpu = await server.cpuMicros();
    const started = performance.now();
    await run();
    rates.push((events / (performance.now() - started)) * 1_000);
    costs.push(((await server.cpuMicros()) - cpu) / events);
  }
  return { eventsPerSecond: median(rates), cpuMicrosPerEvent: median(costs) };
}

async function measureThrough(directory: string, events: number, rounds: number) {
  const started = performance.now();
  const server = await startServer('millrace-child.ts', [directory]);
  const startSeconds = (performance.now() - started) / 1_000;
  const endpoint = `http://127.0.0.1:${server.port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const cloudWatch = new CloudWatchClient({ endpoint, region: 'us-east-1', credentials });
  const load = new Load(server.port, STREAM);
  let expected = 0;
  const run = async (count: number) => {
    expected += count;
    await load.put(count);
    await untilArrived(cloudWatch, expected);
  };
  try {
    await run(WARM_UP_EVENTS); // the environments start
    const figures = await medianOf(rounds, events, server, () => run(events));
    return { startSeconds, through: { ...figures, arrived: await arrived(cloudWatch), expected } };
  } finally {
    load.close();
    cloudWatch.destroy();
    await server.stop();
  }
}

async function untilArrived(cloudWatch: CloudWatchClient, events: number): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while ((await arrived(cloudWatch)) < events) {
    if (performance.now() > untilMs) throw new Error(`Firehose has not had ${events} events within two minutes`);
    await pause(20);
  }
}

/** Events that Firehose has taken, by their bytes. */
async function arrived(cloudWatch: CloudWatchClient): Promise<number> {
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/Firehose',
      MetricName: 'IncomingBytes',
      Dimensions: [{ Name: 'DeliveryStreamName', Value: DELIVERY_STREAM }],
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 86_400,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0) / LINE_BYTES;
}
