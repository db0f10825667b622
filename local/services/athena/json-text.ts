import { ExactNumber } from '../firehose/documents.ts';
import { printDouble } from './values.ts';

const keepNumbers = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' ? new ExactNumber(context?.source ?? String(value)) : value;

/** A JSON value whose numbers keep their text. */
export type Json = null | boolean | string | ExactNumber | Json[] | { [key: string]: Json };

/** The value, or undefined when the text is no JSON. */
export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown) as Json;
  } catch {
    return undefined;
  }
}

const printNumber = ({ source }: ExactNumber) => (/^-?\d+$/.test(source) ? source : printDouble(Number(source)));

/** The text of a value as Trino prints it: without white space; keys in their order unless they are to be sorted. */
export function printJson(value: Json, sorted = false): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof ExactNumber) return printNumber(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => printJson(item, sorted)).join(',')}]`;
  const keys = sorted ? Object.keys(value).sort() : Object.keys(value);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${printJson(value[key] as Json, sorted)}`).join(',')}}`;
}

const STEP = /\.([\p{L}\p{N}_:$\-/@|#]+)|\[([\p{L}\p{N}_-]+)\]|\["((?:[^"\\]|\\["\\])*)"\]/uy;
const MAX_PATHS = 200;
const paths = new Map<string, readonly string[]>();

/** The steps of a path: `$.a["b"][0]`. @throws Error when it is none of Trino's */
function stepsOf(path: string): readonly string[] {
  const known = paths.get(path);
  if (known) return known;
  const steps: string[] = [];
  if (!path.startsWith('$')) throw new Error(`Invalid JSON path: '${path}'`);
  for (let at = 1; at < path.length; ) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (!found) throw new Error(`Invalid JSON path: '${path}'`);
    steps.push(found[1] ?? found[2] ?? (found[3] ?? '').replace(/\\(["\\])/g, '$1'));
    at = STEP.lastIndex;
  }
  if (paths.size >= MAX_PATHS) paths.clear();
  paths.set(path, steps);
  return steps;
}

/** What is at a path; undefined when nothing is. @throws Error when the path is none of Trino's */
export function atPath(text: string, path: string): Json | undefined {
  const steps = stepsOf(path);
  let value = readJson(text);
  for (const step of steps) {
    if (Array.isArray(value)) value = /^\d+$/.test(step) ? value[Number(step)] : undefined;
    else if (typeof value === 'object' && value !== null && !(value instanceof ExactNumber))
      value = Object.hasOwn(value, step) ? value[step] : undefined;
    else return undefined;
  }
  return value;
}

/** A scalar's text; undefined for null and what is no scalar. */
export function scalarText(value: Json | undefined): string | undefined {
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}
