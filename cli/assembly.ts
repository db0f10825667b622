import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PROJECT } from './project.ts';
import { type SynthOptions, synthesise } from './synth.ts';

/** What an assembly is made from. */
export const SOURCES = ['adapters', 'core', 'functions', 'infra', 'pipelines', 'producer', 'cdk.json', 'package.json'];

/** What else it depends on: which packages are installed, and how esbuild reads TypeScript. */
const SURROUNDINGS = ['node_modules/.package-lock.json', 'package-lock.json', 'tsconfig.json'];

const KEPT_DAYS = 7;

/** The directory of the stage's assembly. One that was made of the very same sources is used again; those not used for a
 *  week are removed. */
export async function assemblyOf(
  { context, project = PROJECT }: SynthOptions,
  log: (line: string) => void,
): Promise<string> {
  const assemblies = join(project, '.millrace', 'assemblies');
  const directory = join(assemblies, digestOf(project, JSON.stringify({ context, node: process.version })));
  if (!existsSync(directory)) {
    log(`synthesising ${Object.values(context).join(' with ')} …`);
    const fresh = `${directory}-${process.pid}`;
    await synthesise(fresh, { context, project });
    keep(fresh, directory);
    removeUnused(assemblies);
  }
  utimesSync(directory, new Date(), new Date());
  return directory;
}

/** Puts a finished assembly to its place, where only a finished one is ever found. */
function keep(fresh: string, directory: string): void {
  try {
    renameSync(fresh, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(fresh, { recursive: true }); // another process was faster
  }
}

function removeUnused(assemblies: string): void {
  const untilMs = Date.now() - KEPT_DAYS * 86_400_000;
  for (const name of readdirSync(assemblies)) {
    const path = join(assemblies, name);
    if (statSync(path).mtimeMs < untilMs) rmSync(path, { recursive: true });
  }
}

/** A name for what an assembly is made from: the same for the same contents and for nothing else. */
export function digestOf(project: string, settings: string): string {
  const hash = createHash('sha256').update(settings);
  for (const path of [...SOURCES, ...SURROUNDINGS].flatMap((source) => filesIn(join(project, source)))) {
    const content = readFileSync(path);
    hash.update(`\n${JSON.stringify(relative(project, path))} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

/** The file, or the files under the directory, by name. None where there is nothing. */
function filesIn(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

export interface FreshOptions {
  readonly directory: string;
  readonly stage: string;
  /** Synthesise even when the assembly is newer than its sources. */
  readonly force?: boolean | undefined;
  readonly log: (line: string) => void;
}

/** Synthesises the stage where there is no assembly of it, or one older than the sources: what `cdk synth` has left there,
 *  with whatever context, stays. Gives the directory. */
export async function ensureAssembly({ directory, stage, force, log }: FreshOptions): Promise<string> {
  if (!force && isFresh(directory, stage)) return directory;
  log(`synthesising stage ${stage} …`);
  await synthesise(directory, { context: { stage } });
  return directory;
}

/** Whether the assembly holds the stage and is as new as all it is made from. */
export function isFresh(directory: string, stage: string, project = PROJECT): boolean {
  const manifest = join(directory, 'manifest.json');
  if (!existsSync(manifest)) return false;
  const holdsStage = readFileSync(manifest, 'utf8').includes(`"millrace-${stage}-stream"`);
  return holdsStage && statSync(manifest).mtimeMs >= newest(SOURCES.map((source) => join(project, source)));
}

function newest(paths: readonly string[]): number {
  let newestMs = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const { mtimeMs } = statSync(path);
    const inside = statSync(path).isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0;
    newestMs = Math.max(newestMs, mtimeMs, inside);
  }
  return newestMs;
}
