import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importsOf, projectSources } from '../support/imports.ts';

/** A change of production code: in `file`, `find` becomes `replace`. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

type Simulator = typeof import('./simulate.ts');
type Hooks = Parameters<typeof registerHooks>[0];

/** A set of patches, and what has to be loaded anew for it. */
interface Variant {
  readonly patches: readonly Patch[];
  /** Addresses of the patched files and of all that import them, however far away. */
  readonly anew: ReadonlySet<string>;
}

const ROOT = pathToFileURL(join(import.meta.dirname, '../../')).href;
/** Marks the addresses of modules that are loaded anew. */
const MARK = '?variant=';
const variants = new Map<string, Variant>();

/** The simulator over production code with these changes, beside any other that is loaded.
 *  @throws Error when a text to change is not there, once: patches have to follow the code. */
export async function simulatorWith(patches: readonly Patch[]): Promise<Simulator> {
  if (patches.length === 0) return import('./simulate.ts');
  if (variants.size === 0) registerHooks({ resolve, load });
  const id = String(variants.size);
  variants.set(id, { patches, anew: importersOf(patches.map(({ file }) => file)) });
  const simulator: Simulator = await import(`./simulate.ts${MARK}${id}`);
  return simulator;
}

function importersOf(files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files);
  const sources = [...projectSources()].map(([file, source]) => ({ file, imports: importsOf(file, source) }));
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { file, imports } of sources) if (imports.some((each) => found.has(each))) found.add(file);
  }
  return new Set([...found].map((file) => ROOT + file));
}

const resolve: Hooks['resolve'] = (specifier, context, next) => {
  const resolved = next(specifier, context);
  const [, id = ''] = (context.parentURL ?? '').split(MARK);
  return variants.get(id)?.anew.has(resolved.url) ? { ...resolved, url: resolved.url + MARK + id } : resolved;
};

const load: Hooks['load'] = (url, context, next) => {
  const loaded = next(url, context);
  const [address = '', id = ''] = url.split(MARK);
  const patches = (variants.get(id)?.patches ?? []).filter(({ file }) => ROOT + file === address);
  return patches.length === 0 ? loaded : { ...loaded, source: patches.reduce(patched, String(loaded.source)) };
};

function patched(source: string, { file, find, replace }: Patch): string {
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold exactly once: ${find}`);
  return source.replace(find, () => replace);
}

/** Limits so low that a run of some records comes to them. */
export const TIGHT: readonly Patch[] = [
  { file: 'core/ports.ts', find: 'MAX_BODY_BYTES = 390 * 1024', replace: 'MAX_BODY_BYTES = 500' },
  { file: 'core/engine/step.ts', find: 'MAX_EVENTS_PER_COMMIT = 25_000', replace: 'MAX_EVENTS_PER_COMMIT = 3' },
  { file: 'core/engine/step.ts', find: 'MAX_REDRIVEN = 1_000', replace: 'MAX_REDRIVEN = 2' },
  { file: 'core/engine/step.ts', find: 'MAX_OUTBOX_ROWS = 20_000', replace: 'MAX_OUTBOX_ROWS = 4' },
  { file: 'core/engine/recent-keys.ts', find: 'FIRST_ROOM = 4_096', replace: 'FIRST_ROOM = 4' },
  { file: 'core/engine/shard-cache.ts', find: 'MAX_SHARDS = 3', replace: 'MAX_SHARDS = 1' },
  { file: 'adapters/firehose/pack.ts', find: 'MAX_CALL_RECORDS = 500', replace: 'MAX_CALL_RECORDS = 2' },
  { file: 'adapters/firehose/pack.ts', find: 'MAX_ROWS_PER_RECORD = 500', replace: 'MAX_ROWS_PER_RECORD = 2' },
];
