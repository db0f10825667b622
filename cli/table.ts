import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Cell, Column } from './athena.ts';

type Format = Parameters<typeof styleText>[0];

/** Text in a colour where stdout shows colours: a terminal, unless NO_COLOR says otherwise. */
export const styled = (format: Format, text: string): string => styleText(format, text, { stream: process.stdout });

const BORDERS = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** A table for people: numbers to the right, with thousands apart when `group` is set. */
export function printTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], group = false): string {
  const isNumber = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof (row[i] ?? 0) === 'number'));
  const table = new Table({
    head: columns.map(({ name }) => styled('bold', name)),
    colAligns: isNumber.map((right) => (right ? 'right' : 'left')),
    chars: BORDERS,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map((value) => cellText(value, group))));
  return table.toString();
}

function cellText(value: Cell, group: boolean): string {
  if (value === null) return styled('dim', '–');
  return typeof value === 'number' && group ? value.toLocaleString('en-US') : visible(String(value));
}

/** Text of strangers: what would steer the terminal is shown, not sent to it. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Comma-separated values as RFC 4180 has them, with a header line; nulls are empty. */
export function printCsv(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((line) => line.map(csvField).join(',')).join('\r\n');
}

function csvField(value: Cell): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A JSON array of one object a row. */
export function printJson(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])));
  return JSON.stringify(objects, null, 2);
}
