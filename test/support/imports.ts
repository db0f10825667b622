import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** What the files of a folder may import of the project, the folder itself apart: what lies up the data's flow. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  adapters: ['core/'],
  producer: ['core/', 'adapters/'],
  pipelines: ['core/event/index.ts', 'core/pipeline/index.ts'],
  testing: ['core/', 'adapters/'],
  functions: ['core/', 'adapters/', 'producer/', 'pipelines/'],
  infra: ['core/', 'pipelines/', 'functions/'],
  local: [],
  cli: ['core/', 'adapters/', 'producer/', 'pipelines/', 'infra/', 'local/'],
  bench: ['core/', 'adapters/', 'producer/', 'pipelines/', 'testing/', 'functions/', 'infra/', 'local/', 'cli/'],
  test: [
    'core/',
    'adapters/',
    'producer/',
    'pipelines/',
    'testing/',
    'functions/',
    'infra/',
    'local/',
    'cli/',
    'bench/',
  ],
};

/** All that core may use besides itself: pure functions on bytes and schemas. */
const CORE_PACKAGES = ['node:buffer', 'node:crypto', 'node:zlib', 'protobufjs/minimal.js', 'zod'];
/** Clocks, randomness and the world outside have no place in these. */
const PURE = ['core', 'testing'];
const IMPURE =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bprocess\.(?!ts')|\bset(Timeout|Interval|Immediate)\b|\bfetch\(/;

export type Sources = ReadonlyMap<string, string>;

/** Every TypeScript file of the project, by its path from the root. */
export function projectSources(): Sources {
  const files = Object.keys(MAY_IMPORT).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return new Map(
    files.filter((file) => file.endsWith('.ts')).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
  );
}

/** What a file imports: paths from the root, or names of packages. */
export function importsOf(file: string, source: string): readonly string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = [...code.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(([, target]) => target as string);
  return found.map((target) => (target.startsWith('.') ? normalize(join(dirname(file), target)) : target));
}

/** Each import that points the wrong way and each impurity, as one sentence. */
export function wrongImports(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, source]) => {
    const wrong = importsOf(file, source).flatMap((target) => faultOf(file, target) ?? []);
    const [folder = ''] = file.split('/');
    const impure = PURE.includes(folder) ? IMPURE.exec(source)?.[0] : undefined;
    return impure ? [...wrong, `${file} uses ${impure}: ${folder} has no clock, randomness or I/O`] : wrong;
  });
}

function faultOf(file: string, target: string): string | undefined {
  const [folder = ''] = file.split('/');
  const [targetFolder = ''] = target.split('/');
  if (!(targetFolder in MAY_IMPORT) || target.startsWith('node:')) {
    if (folder === 'core' && !CORE_PACKAGES.includes(target)) return `${file} imports ${target}: core is pure`;
    return undefined;
  }
  if (folder === targetFolder) return siblingAdapters(file, target);
  if (MAY_IMPORT[folder]?.some((allowed) => target.startsWith(allowed))) return undefined;
  return `${file} imports ${target}: ${folder} may import ${MAY_IMPORT[folder]?.join(', ') || 'no other folder'}`;
}

function siblingAdapters(file: string, target: string): string | undefined {
  const [[folder, from, inService], [, to, ofService]] = [file.split('/'), target.split('/')];
  const different = folder === 'adapters' && inService !== undefined && ofService !== undefined && from !== to;
  return different ? `${file} imports ${target}: no adapter imports another` : undefined;
}

/** Files that nothing imports and that nothing outside starts. */
export function unusedFiles(sources: Sources, entries: readonly RegExp[]): readonly string[] {
  const used = new Set([...sources].flatMap(([file, source]) => importsOf(file, source)));
  return [...sources.keys()].filter(
    (file) => !used.has(file) && !entries.some((entry) => entry.test(relative('.', file))),
  );
}
