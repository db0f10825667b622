import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ensureAssembly } from '../../cli/synth.ts';
import { pipelines } from '../../pipelines/index.ts';
import { ROOT } from '../support/imports.ts';

const isInstalled = spawnSync('cfn-lint', ['--version']).status === 0;

describe('the synthesised templates', () => {
  (isInstalled ? it : it.skip)(
    'have no error by cfn-lint, where it is installed',
    async () => {
      const directory = join(ROOT, '.millrace/lint-assembly');
      await ensureAssembly({ directory, stage: 'dev', log: () => {} });
      const templates = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
      expect(templates).toHaveLength(2 + pipelines.length);
      const lint = spawnSync('cfn-lint', ['--non-zero-exit-code', 'error', ...templates], {
        cwd: directory,
        encoding: 'utf8',
      });
      expect(lint.status === 0 ? '' : lint.stdout).toBe('');
    },
    120_000,
  );
});
