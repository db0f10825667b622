import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './imports.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The README's only code block of a language that holds `mark`. */
export function block(language: string, mark: string): string {
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(
    ([, lang, code]) => lang === language && code?.includes(mark),
  );
  if (blocks.length !== 1) throw new Error(`found ${blocks.length} blocks of ${language} with "${mark}"; expected 1`);
  return blocks[0]?.[2] as string;
}

/** The README's pipeline and the test of it, as files that lie beside each other in a folder of `.millrace`. */
export const shopFiles = (): { readonly pipeline: string; readonly test: string } => ({
  pipeline: block('ts', "pipeline('shop'"),
  test: block('ts', 'drive(shop')
    .replace("'../pipelines/shop/pipeline.ts'", "'./shop.ts'")
    .replace("'../testing/", "'../../testing/"),
});
