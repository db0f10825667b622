import { subPieces } from './sub.ts';
import type { TemplateResource } from './template.ts';

/** Logical ids (and names of parameters) that a value mentions by Ref, Fn::GetAtt or Fn::Sub. */
export function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

/** Everything a resource must come after. */
export function needsOf(resource: TemplateResource): ReadonlySet<string> {
  const dependsOn = resource.DependsOn ?? [];
  return new Set([...[dependsOn].flat(), ...referencesIn(resource.Properties)]);
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'Ref' && typeof inner === 'string') found.add(inner);
      else if (key === 'Fn::GetAtt') addAttribute(inner, found);
      else if (key === 'Fn::Sub') collectSub(inner, found);
      else collect(inner, found);
    }
  }
}

function addAttribute(argument: unknown, found: Set<string>): void {
  const id = Array.isArray(argument) ? argument[0] : String(argument).split('.')[0];
  if (typeof id === 'string') found.add(id);
}

function collectSub(argument: unknown, found: Set<string>): void {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  collect(variables, found);
  for (const piece of subPieces(String(template))) {
    if (!('name' in piece) || piece.name in (variables ?? {})) continue;
    found.add(piece.name.split('.')[0] ?? '');
  }
}
