import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, partsOf } from '../../core/pipeline/plan.ts';
import type { Drive } from '../../testing/drive.ts';
import { comparedColumns } from '../torture/lake.ts';
import type { ViewFile } from '../torture/verdict.ts';

/** The tables of a driven pipeline as Athena would leave them: CSV, every value as text. */
export function viewFiles(run: Drive, plan: Plan, directory: string): readonly ViewFile[] {
  return partsOf(plan).flatMap(({ tables }) =>
    tables.map((table) => {
      const columns = comparedColumns(table);
      const types = new Map(table.columns.map(({ name, type }) => [name, type]));
      const text = (row: Readonly<Record<string, unknown>>) => (name: string) => {
        const value = name === 'event_day' ? String(row.event_time).slice(0, 10) : String(row[name] ?? '');
        const shown = types.get(name) === 'timestamp' ? value.replace('T', ' ').replace('Z', '') : value;
        return `"${shown.replaceAll('"', '""')}"`;
      };
      const rows = run.rows(table.name, { origin: true }).map((row) => columns.map(text(row)).join());
      const file = join(directory, `${table.name}.csv`);
      writeFileSync(file, `${[columns.map((name) => `"${name}"`).join(), ...rows].join('\n')}\n`);
      return { table: table.name, columns, file };
    }),
  );
}
