import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { assemblyOf } from '../../cli/assembly.ts';
import { pipelines } from '../../pipelines/index.ts';

const isInstalled = spawnSync('cfn-lint', ['--version']).status === 0;

describe('the synthesised templates', () => {
  (isInstalled ? it : it.skip)(
    'have no error by cfn-lint, where it is installed',
    async () => {
      const directory = await assemblyOf({ context: { stage: 'dev' } }, () => {});
      const templates = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
      expect(templates).toHaveLength(3 + pipelines.length);
      const lint = spawnSync('cfn-lint', ['--non-zero-exit-code', 'error', ...templates], {
        cwd: directory,
        encoding: 'utf8',
      });
      expect(lint.status === 0 ? '' : lint.stdout).toBe('');
    },
    120_000,
  );
});
