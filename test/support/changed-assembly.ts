import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TemplateResource } from '../../local/template/template.ts';

interface PolicyResource extends TemplateResource {
  readonly Properties: { readonly PolicyDocument: { readonly Statement: { Action: string | string[] }[] } };
}

/** A cloud assembly like another, but for an action that the policies of some logical ids no longer allow. */
export function withoutAction(assembly: string, action: string, policies: RegExp): string {
  const changed = mkdtempSync(join(tmpdir(), 'millrace-assembly-'));
  for (const name of readdirSync(assembly)) {
    if (!name.endsWith('.template.json')) symlinkSync(join(assembly, name), join(changed, name));
    else writeFileSync(join(changed, name), without(readFileSync(join(assembly, name), 'utf8'), action, policies));
  }
  return changed;
}

function without(text: string, action: string, policies: RegExp): string {
  const template: { readonly Resources: Readonly<Record<string, PolicyResource>> } = JSON.parse(text);
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy' || !policies.test(id)) continue;
    for (const statement of Properties.PolicyDocument.Statement) {
      statement.Action = [statement.Action].flat().filter((each) => each !== action);
    }
  }
  return JSON.stringify(template);
}
