import type { Command } from 'commander';
import { wholeNumber } from '../../cli/options.ts';
import { printTable, styled } from '../../cli/table.ts';
import { CALL_RECORDS } from './load.ts';
import { isInstalled, type Measurement, measure } from './measure.ts';

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly json?: boolean;
}

/** Events a second from the put to Firehose's buffer that are aimed at. */
const GOAL = 50_000;

/** @param settled is told whether the goals that do not depend on the machine are met. */
export function register(program: Command, settled: (isMet: boolean) => void): void {
  program
    .command('local')
    .description('the local run: puts beside a null server and kinesis-local, and put → function → Firehose')
    .option('--events <n>', 'events of a round, in full calls', wholeNumber(CALL_RECORDS, 1_000_000), 100_000)
    .option('--rounds <n>', 'rounds, of which the median counts', wholeNumber(1, 20), 3)
    .option('--json', 'print JSON')
    .action(async ({ events: asked, rounds, json }: Options) => {
      const events = Math.ceil(asked / CALL_RECORDS) * CALL_RECORDS;
      const measured = await measure(events, rounds, (what) => console.error(what));
      console.log(json ? JSON.stringify({ benchmark: 'local', ...measured }, null, 2) : report(measured));
      settled(isExact(measured));
    });
}

const isExact = ({ through: { arrived, expected } }: Measurement) => arrived === expected;

function report(measured: Measurement): string {
  const { puts, through, startSeconds } = measured;
  const [base] = puts;
  const rows = [...puts, { server: 'put → function → Firehose', ...through }].map(
    ({ server, eventsPerSecond, cpuMicrosPerEvent }) => [
      server,
      Math.round(eventsPerSecond),
      Number((eventsPerSecond / (base?.eventsPerSecond ?? Number.NaN)).toFixed(3)),
      Number(cpuMicrosPerEvent.toFixed(1)),
    ],
  );
  const columns = ['', 'events/s', 'of the null server', 'CPU µs/event'].map((name) => ({ name, type: 'double' }));
  const rate = Math.round(through.eventsPerSecond).toLocaleString('en-US');
  const goals = [
    { isMet: isExact(measured), text: `${through.arrived} of ${through.expected} events are in Firehose's buffer` },
    { isMet: through.eventsPerSecond >= GOAL, text: `${rate} events/s through four shards (goal: ${GOAL})` },
  ].map(({ isMet, text }) => `${isMet ? styled('green', 'met    ') : styled('red', 'not met')}  ${text}`);
  const peer = isInstalled('kinesis-local')
    ? []
    : ['', 'kinesis-local is not installed: npm install --no-save kinesis-local@0.6.2'];
  return [printTable(columns, rows, true), '', ...goals, `started in ${startSeconds.toFixed(1)} s`, ...peer].join('\n');
}
