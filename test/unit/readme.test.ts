import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/imports.ts';
import { shopFiles } from '../support/readme.ts';

/** Beside the project's folders, so that imports resolve. */
mkdirSync(join(ROOT, '.millrace'), { recursive: true });
const scratch = mkdtempSync(join(ROOT, '.millrace/readme-test-'));
const { pipeline, test } = shopFiles();
writeFileSync(join(scratch, 'shop.ts'), pipeline);
writeFileSync(join(scratch, 'shop.test.ts'), test);

// Its tests become this file's.
await import(join(scratch, 'shop.test.ts'));
rmSync(scratch, { recursive: true });
