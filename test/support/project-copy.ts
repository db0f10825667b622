import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCES } from '../../cli/assembly.ts';
import { synthesise } from '../../cli/synth.ts';
import { ROOT } from './imports.ts';

/** What a stage is synthesised from, the pipelines apart. With a package.json of its own, the copy would want its own
 *  packages too. */
const COPIED = [...SOURCES.filter((source) => !['pipelines', 'package.json'].includes(source)), 'package-lock.json'];

/** A copy of the project with pipelines of a test's own. It lies in the project, so that imports of packages resolve. */
export class ProjectCopy {
  readonly directory: string;
  #synths = 0;

  constructor(name: string) {
    mkdirSync(join(ROOT, '.millrace'), { recursive: true });
    this.directory = mkdtempSync(join(ROOT, '.millrace', `${name}-`));
    for (const source of COPIED) cpSync(join(ROOT, source), join(this.directory, source), { recursive: true });
  }

  /** Synthesises the stage of these pipelines, the source of `pipelines/index.ts`, and gives the assembly's directory. */
  async synthesise(pipelines: string, context: Readonly<Record<string, string>> = {}): Promise<string> {
    mkdirSync(join(this.directory, 'pipelines'), { recursive: true });
    writeFileSync(join(this.directory, 'pipelines/index.ts'), pipelines);
    this.#synths += 1;
    const assembly = join(this.directory, `assembly-${this.#synths}`);
    await synthesise(assembly, { context, project: this.directory });
    return assembly;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
