import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { EventType } from '../core/event/event.ts';
import { checkSchema, type ReleasedSchema, type SchemaVerdict, schemaOf } from '../core/event/evolution.ts';
import type { Plan } from '../core/pipeline/index.ts';
import { pipelines } from '../pipelines/index.ts';
import { CliError } from './errors.ts';
import { PROJECT } from './project.ts';
import { printTable } from './table.ts';

/** Where released versions are written down: `<type>/<version>.json`. */
const SCHEMAS = join(PROJECT, 'schemas');

const DETAILS = `
Producers and the records of years past follow schemas that were released once. A change is compatible if what followed a
released version is still read and its rows can still lie in the same table: a new field that may be missing, say, or a
bound that is wider. Anything else needs a next version, with an upcaster from the one before.

Exit code of check: 0 when every event type is compatible; 1 when one is not.

Examples:
  $ npx millrace schema check
  $ npx millrace schema release      once the check is through; commit the files with what is deployed`;

/** `millrace schema`: whether the event types still read what they have promised to. */
export function register(program: Command): void {
  const schema = program.command('schema').description('hold the event types against their released schemas');
  schema
    .command('check')
    .description('say what has changed since the release, whether it is compatible, and what to do')
    .option('--json', 'print an array for scripts')
    .addHelpText('after', DETAILS)
    .action(({ json }: { readonly json?: boolean }) => {
      const verdicts = checkSchemas(pipelines, SCHEMAS);
      console.log(json ? JSON.stringify(verdicts, null, 2) : describe(verdicts));
      refuse(verdicts);
    });
  schema
    .command('release')
    .description('write down the present versions of all event types')
    .action(() => {
      const verdicts = checkSchemas(pipelines, SCHEMAS);
      if (verdicts.some(({ is }) => is === 'incompatible')) console.error(describe(verdicts));
      refuse(verdicts);
      for (const file of releaseSchemas(pipelines, SCHEMAS)) console.error(`written: ${file}`);
    });
}

/** Holds every event type of the pipelines against what is released of it in a folder. */
export function checkSchemas(plans: readonly Plan[], folder: string): readonly SchemaVerdict[] {
  return eventTypes(plans).map((event) => checkSchema(event, readReleased(folder, event.type)));
}

/** Writes down what is not. Returns the files. */
export function releaseSchemas(plans: readonly Plan[], folder: string): readonly string[] {
  return eventTypes(plans).flatMap((event) => {
    if (checkSchema(event, readReleased(folder, event.type)).is === 'released') return [];
    const file = join(folder, event.type, `${event.version}.json`);
    mkdirSync(join(folder, event.type), { recursive: true });
    writeFileSync(file, `${JSON.stringify(schemaOf(event), null, 2)}\n`);
    return [file];
  });
}

function readReleased(folder: string, type: string): readonly ReleasedSchema[] {
  const ofType = join(folder, type);
  if (!existsSync(ofType)) return [];
  return readdirSync(ofType).map((name) => JSON.parse(readFileSync(join(ofType, name), 'utf8')));
}

function eventTypes(plans: readonly Plan[]): readonly EventType[] {
  const events = plans.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'source' ? [node.event] : [])));
  return [...new Set(events)].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function refuse(verdicts: readonly SchemaVerdict[]): void {
  const types = verdicts.filter(({ is }) => is === 'incompatible').map(({ type }) => type);
  if (types.length > 0) throw new CliError(`not compatible with what is released: ${types.join(', ')}`);
}

function describe(verdicts: readonly SchemaVerdict[]): string {
  const columns = ['event type', 'version', 'is', 'why, and what to do'].map((name) => ({ name, type: '' }));
  const notes = { released: '', compatible: 'release it', new: 'release it' };
  return printTable(
    columns,
    verdicts.map(({ type, version, is, findings }) => [
      type,
      version,
      is,
      is === 'incompatible' ? findings.join('\n') : notes[is],
    ]),
  );
}
