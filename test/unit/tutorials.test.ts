import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { pipelines } from '../../pipelines/index.ts';
import { ROOT } from '../support/imports.ts';
import { tutorial } from '../support/tutorial.ts';

const names = readdirSync(join(ROOT, 'docs/tutorial')).map((file) => file.replace(/\.md$/, ''));

describe('a tutorial', () => {
  it('is there for every example', () => {
    expect(names.toSorted()).toEqual(pipelines.map(({ name }) => name).toSorted());
  });

  it.each(names)('shows the code of %s as it stands in its files, and all its steps', (name) => {
    const folder = join(ROOT, 'pipelines', name);
    const sources = readdirSync(folder)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'));
    const blocks = [...tutorial(name).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string);
    for (const block of blocks) expect(sources.filter((source) => source.includes(block))).toHaveLength(1);
    const steps = readFileSync(join(folder, 'pipeline.ts'), 'utf8').replace(/^import [\s\S]*?;\n/gm, '');
    for (const line of steps.split('\n').map((each) => each.trim()))
      expect(blocks.some((block) => block.includes(line))).toBe(true);
  });
});
