import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The code of `functions/<folder>/handler.ts` as one ES module, `index.mjs`. It is built by this process: CDK's own
 *  construct for Node.js would start `npx` for each function. */
export function bundledCode(folder: string): Code {
  return Code.fromAsset(`${ROOT}functions/${folder}`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('none'), // asked for, and never run
      local: {
        tryBundle(directory) {
          bundle(folder, directory);
          return true;
        },
      },
    },
  });
}

function bundle(folder: string, directory: string): void {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [`functions/${folder}/handler.ts`],
    outfile: `${directory}/index.mjs`,
    // The SDK is bundled: what is tested is what runs, and the smaller bundle starts faster than the runtime's own SDK.
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    target: 'node24',
    minify: true,
    // Without a map, a stack names columns of one endless line.
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
}
