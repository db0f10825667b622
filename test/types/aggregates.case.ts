// fine: aggregates take their item's type from where they are used, and results have the types of their fields
import * as a from '../../core/aggregates/index.ts';
import { type Hit, same, total, window } from './aggregate-fixture.ts';

const latestHost = a.latest((hit: Hit) => hit.host);
const bytes = a.sum<Hit>('bytes');
const results = window({
  aggregate: {
    pages: a.count(),
    errors: a.countIf((hit) => hit.status >= 400),
    bytes,
    kilobytes: a.sum((hit) => hit.bytes / 1000),
    mean: a.average('bytes'),
    spread: a.stddev('bytes'),
    least: a.min('status'),
    lastName: a.max('host'),
    entry: a.first('host'),
    exit: a.latest((hit) => ({ host: hit.host, from: hit.referrer ?? null })),
    latestHost,
    hosts: a.collect('host', { first: 10 }),
    largest: a.top('host', { n: 3, by: 'bytes' }),
    busiest: a.top((hit) => hit.status, { n: 1, by: (hit) => hit.bytes, ties: true }),
    common: a.mostFrequent('status', { n: 3 }),
    failed: a.when((hit) => hit.status >= 400, a.distinctCount('host'), { none: 0 }),
    firstFailed: a.when((hit) => hit.status >= 400, a.first('host'), { none: null }),
    different: a.distinctCount((hit) => `${hit.host} ${hit.status}`),
    sizes: a.quantiles('bytes', { median: 0.5, p99: 0.99 }),
    path: a.reduce('path', { of: (hit) => [hit.host], merge: (left, right) => [...left, ...right] }),
    nested: a.all({ pages: a.count(), exit: a.latest('host'), kilobytes: a.sum((hit) => hit.bytes / 1000) }),
  },
});

same<
  typeof results,
  {
    readonly pages: number;
    readonly errors: number;
    readonly bytes: number;
    readonly kilobytes: number;
    readonly mean: number;
    readonly spread: number;
    readonly least: number;
    readonly lastName: string;
    readonly entry: string;
    readonly exit: { host: string; from: string | null };
    readonly latestHost: string;
    readonly hosts: readonly string[];
    readonly largest: readonly { readonly value: string; readonly by: number }[];
    readonly busiest: readonly { readonly value: number; readonly by: number }[];
    readonly common: readonly { readonly value: number; readonly count: number; readonly missed: number }[];
    readonly failed: number;
    readonly firstFailed: string | null;
    readonly different: number;
    readonly sizes: { readonly median: number; readonly p99: number };
    readonly path: string[];
    readonly nested: { readonly pages: number; readonly exit: string; readonly kilobytes: number };
  }
>('same');

const one = total(a.latest('host'));
same<typeof one, string>('same');
const several = total(a.all({ pages: a.count(), exit: a.latest('host') }));
same<typeof several, { readonly pages: number; readonly exit: string }>('same');
