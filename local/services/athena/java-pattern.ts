/** What a pattern of Java's holds that JavaScript's have no counterpart of. */
const UNKNOWN: readonly (readonly [RegExp, string])[] = [
  [/(?<!\\)(?:\\\\)*[*+?}]\+/, 'possessive quantifiers'],
  [/\(\?>/, 'atomic groups'],
  [/&&/, 'intersections of classes'],
  [/\[[^\]]*(?<!\\)\[/, 'classes inside of classes'],
  [/\(\?[a-z]*-?[a-z]*:/i, 'flags of a group'],
  [/\\[GRXQEZNK]/, 'the escape'],
];

const POSIX: Readonly<Record<string, string>> = {
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Upper: 'A-Z',
  Lower: 'a-z',
  Punct: '!-\\/:-@\\[-`\\{-~',
  Space: '\\s',
  XDigit: '0-9A-Fa-f',
};
/** Characters that need no escape under JavaScript's `u` flag, and may not have one there. */
const NEEDLESS = /^[^A-Za-z0-9^$\\.*+?()[\]{}|/-]$/u;
const UNICODE: Readonly<Record<string, string>> = {
  w: '\\p{L}\\p{M}\\p{N}\\p{Pc}',
  d: '\\p{Nd}',
};

const MAX_PATTERNS = 200;
const compiled = new Map<string, RegExp>();

const refused = (what: string) => new Error(`${what} in a regular expression is not emulated locally`);

/** A class's content, or a character outside of one, for what stands after a backslash. */
function escaped(letter: string, inClass: boolean): string {
  const set = UNICODE[letter];
  if (set) return inClass ? set : `[${set}]`;
  const negated = UNICODE[letter.toLowerCase()];
  if (negated) {
    if (inClass) throw refused(`\\${letter} inside of a class`);
    return `[^${negated}]`;
  }
  if (letter === 'h') return inClass ? ' \\t\\xA0' : '[ \\t\\xA0]';
  if (letter === 'A') return '(?<![\\s\\S])';
  if (letter === 'z') return '(?![\\s\\S])';
  if (letter === 'a') return '\\x07';
  if (letter === 'e') return '\\x1B';
  if (letter === '-' && !inClass) return '-';
  return NEEDLESS.test(letter) ? letter : `\\${letter}`;
}

const PART = /\\p\{(?:Is)?(\w+)\}|\\x\{([0-9A-Fa-f]+)\}|\\([\s\S])|\[\^?\]?|\]|[\s\S]/gu;

/** The body of JavaScript's expression for a pattern of Java's as Trino takes them: `\w` and `\d` know all scripts, only
 *  `\n` ends a line, and `$` also stands before a last one. */
function body(pattern: string, { multiline, dotAll }: { multiline: boolean; dotAll: boolean }): string {
  let inClass = false;
  const parts = pattern.matchAll(PART);
  return Array.from(parts, ([part, property, code, letter]) => {
    if (property) {
      const posix = POSIX[property];
      if (posix) return inClass ? posix : `[${posix}]`;
      return part;
    }
    if (code) return `\\u{${code}}`;
    if (letter) return escaped(letter, inClass);
    if (part.startsWith('[') && !inClass) {
      inClass = true;
      return part.endsWith(']') ? `${part.slice(0, -1)}\\]` : part;
    }
    if (part === ']' && inClass) {
      inClass = false;
      return part;
    }
    if (inClass) return part;
    if (part === '.') return dotAll ? '[\\s\\S]' : '[^\\n]';
    if (part === '^') return multiline ? '(?<![^\\n])' : '(?<![\\s\\S])';
    if (part === '$') return multiline ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))';
    return part === ']' ? '\\]' : part;
  }).join('');
}

/** JavaScript's expression for a pattern of Java's. @throws Error when the pattern is none, or has no counterpart */
export function javaPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const [, leading = ''] = /^\(\?([a-z]+)\)/.exec(pattern) ?? [];
  if (/[^ims]/.test(leading)) throw refused(`The flag (?${leading})`);
  const rest = leading === '' ? pattern : pattern.slice(leading.length + 3);
  if (/\(\?[a-z]+\)/.test(rest)) throw refused('A flag after the start');
  for (const [form, what] of UNKNOWN) {
    const [found] = form.exec(rest.replaceAll('(?:', '(')) ?? [];
    if (found) throw refused(`${what} (${found})`);
  }
  let expression: RegExp;
  try {
    const text = body(rest, { multiline: leading.includes('m'), dotAll: leading.includes('s') });
    expression = new RegExp(text, `gu${leading.includes('i') ? 'i' : ''}`);
  } catch (cause) {
    throw new Error(`Invalid regular expression: ${cause instanceof Error ? cause.message : cause}`);
  }
  if (compiled.size >= MAX_PATTERNS) compiled.clear();
  compiled.set(pattern, expression);
  return expression;
}

/** The replacement of Java's: `$1`, `${name}`, and a backslash that takes the next character as it is. */
export function javaReplacement(match: RegExpMatchArray, replacement: string): string {
  return replacement.replace(/\\([\s\S])|\$(\d)|\$\{(\w+)\}|\$|\\$/g, (part, literal, group, name) => {
    if (literal !== undefined) return literal;
    if (group !== undefined) {
      if (Number(group) >= match.length) throw new Error(`Illegal replacement sequence: unknown group { ${group} }`);
      return match[Number(group)] ?? '';
    }
    if (name !== undefined) {
      if (!match.groups || !(name in match.groups)) throw new Error('Illegal replacement sequence: unknown group');
      return match.groups[name] ?? '';
    }
    throw new Error(`Illegal replacement sequence: ${part}`);
  });
}
