import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './imports.ts';

const FOLDER = join(ROOT, 'docs/tutorial');

export const tutorial = (name: string): string => readFileSync(join(FOLDER, `${name}.md`), 'utf8');

/** Cells of the rows of a tutorial's only table that has this column. */
export function shownTable(name: string, column: string): readonly (readonly string[])[] {
  const tables = tutorial(name)
    .split(/\n(?!\|)/)
    .map((block) => block.split('\n').filter((line) => line.startsWith('|')))
    .map((lines) =>
      lines.map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
    );
  const [table, ...others] = tables.filter(([head]) => head?.includes(column));
  if (!table || others.length > 0)
    throw new Error(`${name}: found ${others.length + (table ? 1 : 0)} tables with a column '${column}'; expected one`);
  return table.slice(2);
}
