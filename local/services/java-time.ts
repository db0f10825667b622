const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAY_MS = 86_400_000;

type Part = { readonly literal: string } | { readonly letter: string; readonly width: number };

/** Cuts a pattern of Java's `DateTimeFormatter` into letters and literal text. */
function parts(pattern: string): Part[] {
  const found: Part[] = [];
  for (const [token] of pattern.matchAll(/''|'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    if (token === "''") found.push({ literal: "'" });
    else if (token.startsWith("'")) {
      if (token.length === 1) throw new Error(`Unbalanced quote in the time pattern ${JSON.stringify(pattern)}`);
      found.push({ literal: token.slice(1, -1).replaceAll("''", "'") });
    } else if (/[A-Za-z]/.test(token)) found.push({ letter: token.charAt(0), width: token.length });
    else found.push({ literal: token });
  }
  return found;
}

/** `+09:00` and the like, of milliseconds east of UTC. */
function offset(letter: string, width: number, ms: number): string {
  if (letter === 'X' && ms === 0) return 'Z';
  const minutes = Math.abs(ms) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const sign = ms < 0 ? '-' : '+';
  if (width === 1 && letter !== 'Z') return `${sign}${two(minutes / 60)}${minutes % 60 ? two(minutes % 60) : ''}`;
  const colon = letter !== 'Z' && width === 3 ? ':' : '';
  return `${sign}${two(minutes / 60)}${colon}${two(minutes % 60)}`;
}

/** `at` is the zone's wall clock written as UTC. */
function field(letter: string, width: number, at: Date, offsetMs: number): string | undefined {
  const number = (value: number) => String(value).padStart(width, '0');
  const year = at.getUTCFullYear();
  switch (letter) {
    case 'y':
    case 'u':
      return width === 2 ? String(year % 100).padStart(2, '0') : number(year);
    case 'M':
    case 'L': {
      const name = MONTHS[at.getUTCMonth()] as string;
      return width >= 4 ? name : width === 3 ? name.slice(0, 3) : number(at.getUTCMonth() + 1);
    }
    case 'd':
      return number(at.getUTCDate());
    case 'D':
      return number(Math.floor((at.getTime() - Date.UTC(year, 0, 1)) / DAY_MS) + 1);
    case 'E': {
      const name = WEEKDAYS[at.getUTCDay()] as string;
      return width >= 4 ? name : name.slice(0, 3);
    }
    case 'H':
      return number(at.getUTCHours());
    case 'h':
      return number(at.getUTCHours() % 12 || 12);
    case 'k':
      return number(at.getUTCHours() || 24);
    case 'K':
      return number(at.getUTCHours() % 12);
    case 'Q':
      return number(Math.floor(at.getUTCMonth() / 3) + 1);
    case 'X':
    case 'x':
    case 'Z':
      return width <= 3 ? offset(letter, width, offsetMs) : undefined;
    case 'a':
      return at.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'm':
      return number(at.getUTCMinutes());
    case 's':
      return number(at.getUTCSeconds());
    case 'S':
      return String(at.getUTCMilliseconds()).padStart(3, '0').padEnd(width, '0').slice(0, width);
    default:
      return undefined;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that a zone's wall clock is ahead of UTC at a time. @throws RangeError for a zone that does not exist. */
function zoneOffsetMs(timeZone: string, epochMs: number): number {
  if (timeZone === 'UTC') return 0;
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-US-u-hc-h23', {
      timeZone,
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  clocks.set(timeZone, clock);
  const shown = new Map(clock.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]));
  const at = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? 0;
  const wallMs = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return wallMs - Math.floor(epochMs / 1000) * 1000;
}

/** Prints a time in a zone (IANA name) by a pattern of Java's `DateTimeFormatter`: letters
 *  `y u M L Q d D E H h K k a m s S X x Z` and quoted text.
 *  @throws Error naming a letter that is not known here. */
export function formatJavaTime(pattern: string, epochMs: number, timeZone = 'UTC'): string {
  const offsetMs = zoneOffsetMs(timeZone, epochMs);
  const at = new Date(epochMs + offsetMs);
  const print = (part: Part) => {
    if ('literal' in part) return part.literal;
    const text = field(part.letter, part.width, at, offsetMs);
    if (text === undefined)
      throw new Error(`Time pattern letter ${part.letter} in ${JSON.stringify(pattern)} is not emulated`);
    return text;
  };
  return parts(pattern).map(print).join('');
}

/** Reads what {@link formatJavaTime} prints, as epoch milliseconds UTC; undefined when the text is not of the pattern,
 *  or no such day or hour exists. Number fields only: `y u M d H m s S`. */
export function parseJavaTime(pattern: string, text: string): number | undefined {
  const letters: string[] = [];
  const expression = parts(pattern).map((part) => {
    if ('literal' in part) return part.literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    letters.push(part.letter);
    return `(\\d{${part.width}${part.width === 1 ? ',' : ''}})`;
  });
  const found = new RegExp(`^${expression.join('')}$`).exec(text);
  if (!found) return undefined;
  const read = (names: string, otherwise: number) => {
    const index = letters.findIndex((letter) => names.includes(letter));
    return index < 0 ? otherwise : Number(found[index + 1]);
  };
  const fraction = found[letters.indexOf('S') + 1];
  const ms = letters.includes('S') ? Number(fraction?.padEnd(3, '0').slice(0, 3)) : 0;
  const epochMs = Date.UTC(
    read('yu', 1970),
    read('ML', 1) - 1,
    read('d', 1),
    read('H', 0),
    read('m', 0),
    read('s', 0),
    ms,
  );
  return formatJavaTime(pattern, epochMs) === text ? epochMs : undefined;
}
