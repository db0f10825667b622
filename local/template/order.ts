import { TemplateError } from './template.ts';

/** Sorts `ids` so that each comes after all it needs; otherwise the given order stays.
 *  @throws TemplateError naming the way round when they need each other in a circle. */
export function inDependencyOrder(ids: readonly string[], needs: (id: string) => Iterable<string>): readonly string[] {
  const known = new Set(ids);
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (id: string) => {
    if (done.has(id)) return;
    if (path.includes(id)) {
      const circle = [...path.slice(path.indexOf(id)), id].join(' → ');
      throw new TemplateError(`circular dependency: ${circle}`);
    }
    path.push(id);
    for (const needed of needs(id)) if (known.has(needed)) visit(needed);
    path.pop();
    done.add(id);
  };

  for (const id of ids) visit(id);
  return [...done];
}
