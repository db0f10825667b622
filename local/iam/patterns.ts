/** What policy variables stand for, by their name in lower case. */
export type Variables = Readonly<Record<string, readonly string[]>>;

/** Whether a text fits a pattern of a policy. */
export type Fits = (text: string, variables: Variables) => boolean;

/** `${name}` and `${name, 'default'}`; `${*}`, `${?}` and `${$}` stand for the characters themselves. */
const VARIABLE = /\$\{([^}]*)\}/g;

/** Reads a pattern: `*` is any run of characters, also of `:` and `/`, `?` any one. A variable without a value fits
 *  nothing, and in its value no character is special.
 *  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 *  @param hasVariables whether the policy's version knows variables. */
export function pattern(text: string, hasVariables: boolean, flags: '' | 'i' = ''): Fits {
  if (!hasVariables || !text.includes('${')) {
    const expression = wildcards(text, flags);
    return (found) => expression.test(found);
  }
  return (found, variables) => {
    const filled = fill(text, variables);
    return filled !== undefined && new RegExp(`^${filled}$`, `s${flags}`).test(found);
  };
}

/** A pattern's expression, anchored at both ends. */
export const wildcards = (text: string, flags: '' | 'i' = ''): RegExp => new RegExp(`^${source(text)}$`, `s${flags}`);

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const source = (text: string) => literal(text).replaceAll('\\*', '.*').replaceAll('\\?', '.');

/** The pattern's expression with its variables filled in; undefined when one has no value. */
function fill(text: string, variables: Variables): string | undefined {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const value = valueIn(match[1] ?? '', variables);
    if (value === undefined) return undefined;
    pieces.push(source(text.slice(end, match.index)), literal(value));
    end = match.index + match[0].length;
  }
  return [...pieces, source(text.slice(end))].join('');
}

/** The text with its variables filled in, for comparisons that know no wildcards. */
export function filledIn(text: string, variables: Variables): string | undefined {
  let isWhole = true;
  const filled = text.replace(VARIABLE, (_, inside: string) => {
    const value = valueIn(inside, variables);
    isWhole &&= value !== undefined;
    return value ?? '';
  });
  return isWhole ? filled : undefined;
}

function valueIn(inside: string, variables: Variables): string | undefined {
  if (/^[*?$]$/.test(inside)) return inside;
  const [, name = '', fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inside) ?? [];
  const values = variables[name.toLowerCase()] ?? [];
  return values.length === 1 ? values[0] : fallback;
}

/** Names of the variables in a text. */
export const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(VARIABLE)]
    .map(([, inside = '']) => (inside.split(',', 1)[0] ?? '').trim())
    .filter((name) => !/^[*?$]$/.test(name));
