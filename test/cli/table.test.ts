import { describe, expect, it } from '@jest/globals';
import type { Cell, Column } from '../../cli/athena.ts';
import { printCsv, printJson, printTable } from '../../cli/table.ts';

const columns: readonly Column[] = [
  { name: 'page', type: 'varchar' },
  { name: 'views', type: 'bigint' },
];
const rows: readonly (readonly Cell[])[] = [
  ['/a,b', 1200],
  ['say "hi"', null],
  [' padded', 7],
];

describe('printing rows', () => {
  it('prints a table, numbers to the right', () => {
    const lines = printTable(columns, rows).split('\n').map(plain);
    expect(lines).toEqual([
      '┌──────────┬───────┐',
      '│ page     │ views │',
      '│ /a,b     │  1200 │',
      '│ say "hi" │     – │',
      '│  padded  │     7 │',
      '└──────────┴───────┘',
    ]);
    expect(plain(printTable(columns, rows, true))).toContain('1,200');
  });

  it('prints a table without rows', () => {
    expect(plain(printTable(columns, []))).toContain('│ page │ views │');
  });

  it('quotes what CSV needs quoted', () => {
    expect(printCsv(columns, rows)).toBe('page,views\r\n"/a,b",1200\r\n"say ""hi""",\r\n" padded",7');
  });

  it('prints JSON that can be read back', () => {
    expect(JSON.parse(printJson(columns, rows))[1]).toEqual({ page: 'say "hi"', views: null });
  });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');
