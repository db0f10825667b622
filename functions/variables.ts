export type Variables = Readonly<Record<string, string | undefined>>;

/** What a function is told by its environment: each of these, and none of them empty.
 *  @throws Error naming the variables that are missing. */
export function readVariables<Name extends string>(names: readonly Name[], variables: Variables): Record<Name, string> {
  const missing = names.filter((name) => !variables[name]);
  if (missing.length > 0) throw new Error(`missing from the function's environment: ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, variables[name]])) as Record<Name, string>;
}
