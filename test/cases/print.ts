/** Prints what a case comes to, for its author to check: npx node test/cases/print.ts tumbling.json [part of a name] */
import { readCases, runCase } from './run.ts';

const [file = '', part = ''] = process.argv.slice(2);
/** Where a record lay, and times of the cases' day in full, are of no interest. */
const UNSAID = ['shard_id', 'sequence_number', 'event_source'];
const short = (text: string) =>
  text.replaceAll(/2026-11-21T(\d\d:\d\d)(?::00\.000|(:\d\d)\.000|(:\d\d\.\d{3}))Z/g, '$1$2$3');

for (const [name, cases] of readCases()) {
  if (name !== file) continue;
  for (const each of cases.filter(({ name }) => name.includes(part))) {
    console.log(`\n${each.name}`);
    for (const [table, rows] of Object.entries(await runCase(each))) {
      for (const row of rows) {
        const shown = Object.entries(row).filter(([column]) => !UNSAID.includes(column));
        console.log(`  ${table} ${short(JSON.stringify(Object.fromEntries(shown)))}`);
      }
    }
  }
}
