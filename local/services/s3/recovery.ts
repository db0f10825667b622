import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const META = '.meta.json';

/** Removes objects, and buckets without any, that were being written when the process was killed: they would be read
 *  wrongly, or keep the store from opening. */
export async function dropTornObjects(objectsDir: string, log: (line: string) => void): Promise<void> {
  const buckets = join(objectsDir, 'buckets');
  for (const bucket of await namesIn(buckets)) {
    const description = join(buckets, bucket, '.bucket.json');
    if ((await readJson(description)) === undefined) await rm(description, { force: true });
    for (const name of await namesIn(join(buckets, bucket, 'objects'), true)) {
      if (!name.endsWith(META)) continue;
      const meta = join(buckets, bucket, 'objects', name);
      const data = `${meta.slice(0, -META.length)}.data`;
      if (await isWhole(meta, data)) continue;
      await rm(meta, { force: true });
      await rm(data, { force: true });
      log(`s3: dropped an unfinished object in ${bucket}`);
    }
  }
}

async function namesIn(directory: string, recursive = false): Promise<string[]> {
  try {
    return await readdir(directory, { recursive });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function isWhole(meta: string, data: string): Promise<boolean> {
  const described = await readJson(meta);
  const found = await stat(data).catch(() => undefined);
  return found !== undefined && found.size === described?.contentLength;
}

async function readJson(path: string): Promise<{ readonly contentLength?: number } | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // Missing or cut off: the caller drops what it describes.
    return undefined;
  }
}
