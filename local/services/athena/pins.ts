import type { Tree } from './rewrite.ts';

/** The literals that a reference to a table lets each of its columns have, where its query says so by `=` or `IN`. */
export type Pins = ReadonlyMap<string, ReadonlySet<string>>;

const NO_PINS: Pins = new Map();

const unwrapped = (tree: Tree): Tree => (tree?.paren ? unwrapped(tree.paren.this) : tree);

const conjuncts = (tree: Tree): Tree[] => {
  const { and, ...other } = unwrapped(tree) ?? {};
  return and ? [...conjuncts(and.left), ...conjuncts(and.right)] : [other];
};

/** The column and literals of `c = 'x'`, `'x' = c` and `c IN ('x', 'y')`. */
function pinOf(condition: Tree): { column: Tree; values: Tree[] } | undefined {
  const { eq, in: list } = condition;
  if (list && !list.not && !list.query) return { column: list.this?.column, values: list.expressions ?? [] };
  if (!eq) return undefined;
  return eq.left?.column
    ? { column: eq.left.column, values: [eq.right] }
    : { column: eq.right?.column, values: [eq.left] };
}

/** What the `WHERE` of a select says of the columns of a table in its `FROM`, known there as `name`. */
export function pinsOf(where: Tree, name: string, plain: (identifier: string) => string): Pins {
  if (!where) return NO_PINS;
  const pins = new Map<string, ReadonlySet<string>>();
  for (const condition of conjuncts(where.this)) {
    const { column, values = [] } = pinOf(condition) ?? {};
    const texts = values.map((value: Tree) => unwrapped(value)?.literal?.value);
    if (!column || texts.length === 0 || texts.some((text: unknown) => typeof text !== 'string')) continue;
    const qualifier = column.table && plain(column.table.name).toLowerCase();
    if (!qualifier || qualifier === name) pins.set(plain(column.name.name).toLowerCase(), new Set(texts));
  }
  return pins;
}
