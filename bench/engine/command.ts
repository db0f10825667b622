import Table from 'cli-table3';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../../cli/options.ts';
import { type Measured, measure } from './measure.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly query?: string;
  readonly json?: boolean;
}

/** Of the limit measured in the same run, what a pipeline without state is to reach. */
const STATELESS_GOAL = 0.5;

/** @param settled is told whether the goal that does not depend on the machine is met. */
export function register(program: Command, settled: (isMet: boolean) => void): void {
  const names = WORKLOADS.map(({ name }) => name);
  program
    .command('engine')
    .description('events a second of processor time, from the Kinesis record to the encoded output, beside the limit')
    .option('--events <n>', 'events of each workload', wholeNumber(1_000, 1_000_000), 20_000)
    .option('--rounds <n>', 'rounds, of which the median counts', wholeNumber(1, 20), 3)
    .addOption(new Option('--query <name>', 'this workload only').choices(names))
    .option('--json', 'print JSON')
    .action(async ({ events, rounds, query, json }: Options) => {
      const measured: Measured[] = [];
      for (const workload of WORKLOADS.filter(({ name }) => query === undefined || name === query)) {
        console.error(workload.name);
        measured.push(await measure(workload, events, rounds));
      }
      console.log(json ? JSON.stringify(measured, null, 2) : report(measured));
      settled(measured.every(isMet));
    });
}

const workloadOf = ({ name }: Measured) => WORKLOADS.find((each) => each.name === name) as Workload;

const isMet = (measured: Measured) => !workloadOf(measured).isStateless || measured.ofLimit >= STATELESS_GOAL;

function report(measured: readonly Measured[]): string {
  const table = new Table({
    head: ['', 'events/s', 'limit/s', 'of the limit', 'Flink, a core', 'keys', 'bytes a key', 'log bytes an event'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  const whole = (value: number) => Math.round(value).toLocaleString('en-US');
  for (const each of measured) {
    const { flink } = workloadOf(each);
    table.push([
      each.name,
      whole(each.eventsPerSecond),
      whole(each.limitPerSecond),
      each.ofLimit.toFixed(2),
      flink === undefined ? '' : whole(flink),
      whole(each.keys),
      each.bytesPerKey === null ? '' : whole(each.bytesPerKey),
      whole(each.logBytesPerEvent),
    ]);
  }
  return `${table}\n\nA second is one of this process's processor time, all its threads together.`;
}
