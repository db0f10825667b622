import { readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { LOCAL_REGION } from '../service.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { inDependencyOrder } from './order.ts';
import { pseudoParameters } from './pseudo.ts';
import { type StackTemplate, type Template, TemplateError } from './template.ts';

/** A cloud assembly: what `cdk synth` leaves in its output directory. */
export interface Assembly {
  /** Each stack after those it depends on. */
  readonly stacks: readonly StackTemplate[];
  /** The directory or file that deployment would have uploaded to that place.
   *  @throws TemplateError when no asset of the assembly goes there. */
  assetPath(bucket: string, key: string): string;
}

interface Artifact {
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly file?: string };
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, FileAsset>>;
}

interface FileAsset {
  readonly source: { readonly path?: string };
  readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string }>>;
}

/** Reads the assembly in `directory`.
 *  @throws TemplateError when there is none, or none with a stack. */
export function readAssembly(directory: string): Assembly {
  const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(directory, 'manifest.json');
  const assets = new Map<string, string>();
  for (const { type, properties } of Object.values(artifacts)) {
    if (type === 'cdk:asset-manifest' && properties?.file) addAssets(directory, properties.file, assets);
  }
  return {
    stacks: readStacks(directory, artifacts),
    assetPath(bucket, key) {
      const path = assets.get(`${bucket}/${key}`);
      if (path === undefined) throw new TemplateError(`no asset of the assembly goes to s3://${bucket}/${key}`);
      return path;
    },
  };
}

function readStacks(directory: string, artifacts: Readonly<Record<string, Artifact>>): readonly StackTemplate[] {
  const ids = Object.keys(artifacts).filter((id) => artifacts[id]?.type === 'aws:cloudformation:stack');
  if (ids.length === 0) throw new TemplateError(`${join(directory, 'manifest.json')} lists no stack`);
  return inDependencyOrder(ids, (id) => artifacts[id]?.dependencies ?? []).map((id) => {
    const { templateFile, stackName } = artifacts[id]?.properties ?? {};
    if (!templateFile) throw new TemplateError(`the assembly's stack ${id} names no template file`);
    return { name: stackName ?? id, template: readJson<Template>(directory, templateFile) };
  });
}

function addAssets(directory: string, file: string, assets: Map<string, string>): void {
  for (const [id, asset] of Object.entries(readJson<AssetManifest>(directory, file).files ?? {})) {
    if (asset.source.path === undefined) continue;
    const path = resolvePath(directory, asset.source.path);
    for (const { bucketName, objectKey } of Object.values(asset.destinations)) {
      const place = { 'Fn::Sub': `${bucketName}/${objectKey}` };
      assets.set(String(resolve(place, DESTINATIONS, `${file} ${id}`)), path);
    }
  }
}

/** Destinations of assets know pseudo parameters and nothing else. */
const PSEUDO = pseudoParameters('');
const unknown = (name: string): never => {
  throw new TemplateError(`an asset's destination names ${name}`);
};
const DESTINATIONS: Scope = {
  ref: (name) => PSEUDO[name] ?? unknown(name),
  attribute: unknown,
  condition: unknown,
  mapping: unknown,
  importValue: unknown,
  region: LOCAL_REGION,
};

function readJson<Shape>(directory: string, file: string): Shape {
  const path = join(directory, file);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Shape;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'is not there; `npx cdk synth` makes it' : `cannot be read: ${(cause as Error).message}`;
    throw new TemplateError(`${path} ${reason}`, { cause });
  }
}
