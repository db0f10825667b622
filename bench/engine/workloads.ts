import type { CloudEvent } from '../../core/event/index.ts';
import { from, lake, type Plan, pipeline } from '../../core/pipeline/index.ts';
import { PageRequest } from '../../pipelines/web-traffic/events.ts';
import { webTraffic } from '../../pipelines/web-traffic/pipeline.ts';
import { sample } from '../../pipelines/web-traffic/sample.ts';
import { Auction, Bid, Person } from '../nexmark/events.ts';
import { generate, recordsOf } from '../nexmark/generator.ts';
import { QUERIES } from '../nexmark/queries/index.ts';
import type { Put } from './lambda-events.ts';

/** A pipeline and the events that it is measured with. */
export interface Workload {
  readonly name: string;
  readonly plan: Plan;
  /** The pipelines that read the stream. */
  readonly stage: readonly Plan[];
  /** Whether it keeps no state. */
  readonly isStateless: boolean;
  /** Events per second and core that Flink's published run of the query came to; absent where none is aimed at. */
  readonly flink?: number | undefined;
  readonly puts: (events: number) => Promise<readonly Put[]>;
}

/** Events per second and core of Apache Flink 1.13 with RocksDB, one hundred million events on eight cores: the results
 *  that the Nexmark project publishes (https://github.com/nexmark/nexmark#readme). */
const FLINK: Readonly<Record<string, number>> = {
  q3: 152_000,
  q4: 34_000,
  q5: 22_000,
  q7: 12_000,
  q8: 146_000,
  q9: 14_000,
  q11: 40_000,
  q15: 72_000,
  q16: 19_000,
  q17: 117_000,
  q18: 54_000,
  q19: 44_000,
  q20: 19_000,
};

const requests = pipeline('requests', [from(PageRequest).to(lake('page_requests'))]);

/** Reads all of Nexmark's events, so that those a query does not read are known to the stage. */
const everything = pipeline('everything', [
  from(Person).to(lake('person')),
  from(Auction).to(lake('auction')),
  from(Bid).to(lake('bid')),
]);

const keepsNothing = ({ nodes, hops }: Plan) =>
  hops.length === 0 && nodes.every(({ kind }) => kind !== 'process' && kind !== 'rekey');

/** Every workload there is. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'one-table', plan: requests, stage: [requests], isStateless: true, puts: pageRequests },
  { name: 'web-traffic', plan: webTraffic, stage: [webTraffic], isStateless: false, puts: pageRequests },
  ...QUERIES.map(({ name, plan }) => {
    return {
      name,
      plan,
      stage: [everything, plan],
      isStateless: keepsNothing(plan),
      flink: FLINK[name],
      puts: nexmark,
    };
  }),
];

/** @throws RangeError when there is none. */
export function workloadNamed(name: string): Workload {
  const found = WORKLOADS.find((each) => each.name === name);
  if (!found) throw new RangeError(`there is no workload '${name}'`);
  return found;
}

const DAY_MS = 86_400_000;

/** The requests of the sample's day, and of as many days like it as it takes. */
async function pageRequests(events: number): Promise<readonly Put[]> {
  const day: CloudEvent[] = [];
  for await (const each of sample()) day.push(each);
  return Array.from({ length: events }, (_, n) => {
    const { data, ...event } = day[n % day.length] as CloudEvent;
    const nth = Math.floor(n / day.length);
    const { host, at, ...more } = data as { readonly host: string; readonly at: string };
    const atMs = Date.parse(at) + nth * DAY_MS;
    const moved = { ...event, id: `${event.id}+${nth}`, data: { host, at: new Date(atMs).toISOString(), ...more } };
    return { partitionKey: host, data: Buffer.from(JSON.stringify(moved)), arrivalMs: atMs };
  });
}

async function nexmark(events: number): Promise<readonly Put[]> {
  return recordsOf(generate({ events, seed: 1 }));
}
