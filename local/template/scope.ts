import { LOCAL_REGION } from '../service.ts';
import { decide, resolve, type Scope } from './intrinsics.ts';
import { pseudoParameters } from './pseudo.ts';
import type { Made } from './stand-in.ts';
import { type StackTemplate, TemplateError, type TemplateParameter } from './template.ts';

/** What a stack's values are resolved against. `made` and `exports` are read as they fill. */
export function stackScope(
  { name, template }: StackTemplate,
  made: ReadonlyMap<string, Made>,
  exports: ReadonlyMap<string, string>,
): Scope {
  const pseudo = pseudoParameters(name);
  const fail = (message: string): never => {
    throw new TemplateError(`${name}: ${message}`);
  };
  const madeNamed = (logicalId: string): Made =>
    made.get(logicalId) ?? fail(`there is no parameter or resource ${logicalId}, or its condition does not hold`);

  const scope: Scope = {
    region: LOCAL_REGION,
    ref(id) {
      if (Object.hasOwn(pseudo, id)) return pseudo[id];
      const parameter = template.Parameters?.[id];
      return parameter ? parameterValue(id, parameter, fail) : madeNamed(id).ref;
    },
    attribute(logicalId, attribute) {
      const value = madeNamed(logicalId).attribute(attribute);
      if (value !== undefined) return value;
      return fail(`${logicalId} (${template.Resources?.[logicalId]?.Type}) gives no attribute ${attribute} here`);
    },
    condition(id) {
      const condition = template.Conditions?.[id];
      if (condition === undefined) return fail(`there is no condition ${id}`);
      return decide(condition, scope, `${name} Conditions.${id}`);
    },
    mapping: (id) => template.Mappings?.[id] ?? fail(`there is no mapping ${id}`),
    importValue: (id) => exports.get(id) ?? fail(`no stack before it exports ${id}`),
  };
  return scope;
}

function parameterValue(id: string, { Type, Default }: TemplateParameter, fail: (message: string) => never): unknown {
  if (Type.startsWith('AWS::SSM::')) {
    return fail(`parameter ${id} is read from the SSM Parameter Store, which is not emulated here`);
  }
  if (Default === undefined) return fail(`parameter ${id} has no default, and a local run gives parameters no values`);
  const isList = Type === 'CommaDelimitedList' || Type.startsWith('List<');
  return isList
    ? String(Default)
        .split(',')
        .map((item) => item.trim())
    : Default;
}

/** The value of one template part, e.g. an output. */
export function textValue(value: unknown, scope: Scope, path: string): string {
  const resolved = resolve(value, scope, path);
  if (typeof resolved === 'object' || typeof resolved === 'symbol' || resolved === undefined) {
    throw new TemplateError(`${path}: expected text, found ${JSON.stringify(resolved)}`);
  }
  return String(resolved);
}
