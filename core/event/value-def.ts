import type * as z from 'zod';

/** What tells Zod's schemas apart: `type`, and the members of its kind. */
export type ValueDef = Exclude<z.core.$ZodTypes['_zod']['def'], Wrapper>;
type Wrapper = { readonly innerType: z.core.$ZodType } | { readonly out: z.core.$ZodType };

const WRAPPERS = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly', 'catch']);

/** The definition of the values that come out of a schema: what is optional, nullable, has a default or is piped is
 *  seen through. */
export function valueDef(schema: z.core.$ZodType): ValueDef {
  const def = schema._zod.def as z.core.$ZodTypes['_zod']['def'];
  if ('innerType' in def && WRAPPERS.has(def.type)) return valueDef(def.innerType);
  return def.type === 'pipe' ? valueDef(def.out) : (def as ValueDef);
}
