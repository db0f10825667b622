import type { LocalService, Provision } from '../service.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { nameProperty, physicalName } from './names.ts';
import { inDependencyOrder } from './order.ts';
import { needsOf } from './references.ts';
import { stackScope, textValue } from './scope.ts';
import { type Made, standIn } from './stand-in.ts';
import { type StackTemplate, TemplateError, type TemplateResource } from './template.ts';

/** A stack all of whose resources have been made. */
export interface ProvisionedStack {
  readonly name: string;
  readonly resources: readonly StackResource[];
  readonly outputs: readonly StackOutput[];
}

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  /** False when nothing but a name stands for it. */
  readonly emulated: boolean;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

/** Makes the resources of every stack, in dependency order, each by the service that knows its type.
 *  @throws TemplateError naming the stack and the resource. */
export async function provisionStacks(
  stacks: readonly StackTemplate[],
  services: readonly Pick<LocalService, 'provisions'>[],
): Promise<readonly ProvisionedStack[]> {
  const provisions = new Map(services.flatMap((service) => Object.entries(service.provisions)));
  const exports = new Map<string, string>();
  const provisioned: ProvisionedStack[] = [];
  for (const stack of stacks) provisioned.push(await provisionStack(stack, provisions, exports));
  return provisioned;
}

/** The types for which nothing but a name stands, with how often: `AWS::IAM::Role ×8`. */
export function notEmulated(stacks: readonly ProvisionedStack[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type, emulated } of stacks.flatMap((stack) => stack.resources)) {
    if (!emulated) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, count]) => `${type} ×${count}`);
}

async function provisionStack(
  stack: StackTemplate,
  provisions: ReadonlyMap<string, Provision>,
  exports: Map<string, string>,
): Promise<ProvisionedStack> {
  const made = new Map<string, Made>();
  const scope = stackScope(stack, made, exports);
  const resources: StackResource[] = [];
  for (const [logicalId, resource] of orderedResources(stack)) {
    if (resource.Condition !== undefined && !scope.condition(resource.Condition)) continue;
    const provision = provisions.get(resource.Type);
    const one = provision
      ? await make(provision, stack.name, logicalId, resource, scope)
      : standIn(resource.Type, stack.name, logicalId, ownName(stack.name, logicalId, resource, scope));
    made.set(logicalId, one);
    resources.push({ logicalId, physicalId: one.ref, type: resource.Type, emulated: provision !== undefined });
  }
  return { name: stack.name, resources, outputs: outputsOf(stack, scope, exports) };
}

/** Event source mappings come last: they set functions going, which then find all they write to. */
function orderedResources({ name, template }: StackTemplate): readonly (readonly [string, TemplateResource])[] {
  const resources = template.Resources ?? {};
  const isMapping = (id: string) => Number(resources[id]?.Type === 'AWS::Lambda::EventSourceMapping');
  const ids = Object.keys(resources).sort((a, b) => isMapping(a) - isMapping(b));
  try {
    const needs = (id: string) => (resources[id] ? needsOf(resources[id]) : []);
    return inDependencyOrder(ids, needs).flatMap((id) => (resources[id] ? [[id, resources[id]] as const] : []));
  } catch (cause) {
    throw new TemplateError(`${name}: ${(cause as Error).message}`, { cause });
  }
}

async function make(
  provision: Provision,
  stack: string,
  logicalId: string,
  { Type: type, Properties = {} }: TemplateResource,
  scope: Scope,
): Promise<Made> {
  const path = `${stack} Resources.${logicalId}.Properties`;
  const properties = resolve(Properties, scope, path) as Record<string, unknown>;
  const nameKey = nameProperty(type);
  if (nameKey !== undefined) properties[nameKey] ??= physicalName(type, stack, logicalId);
  try {
    const { ref, attributes } = await provision({ stack, logicalId, type, properties });
    return { ref, attribute: (name) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined) };
  } catch (cause) {
    throw new TemplateError(`${stack}: ${logicalId} (${type}) cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** What the template calls a resource that is not emulated; its other properties are not looked at. */
function ownName(stack: string, logicalId: string, resource: TemplateResource, scope: Scope): string | undefined {
  const key = nameProperty(resource.Type);
  const value = key && resource.Properties?.[key];
  return value ? textValue(value, scope, `${stack} Resources.${logicalId}.Properties.${key}`) : undefined;
}

function outputsOf(stack: StackTemplate, scope: Scope, exports: Map<string, string>): readonly StackOutput[] {
  const outputs: StackOutput[] = [];
  for (const [key, output] of Object.entries(stack.template.Outputs ?? {})) {
    if (output.Condition !== undefined && !scope.condition(output.Condition)) continue;
    const path = `${stack.name} Outputs.${key}`;
    const value = textValue(output.Value, scope, path);
    const exportName = output.Export && textValue(output.Export.Name, scope, `${path}.Export`);
    if (exportName !== undefined) exports.set(exportName, value);
    outputs.push({ key, value, description: output.Description, exportName });
  }
  return outputs;
}
