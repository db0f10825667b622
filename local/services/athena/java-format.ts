/** An argument of a format: its text, and DuckDB's name of its type. */
export interface FormatArgument {
  readonly text: string | null;
  readonly type: string;
}

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: string;
  readonly time: string;
}

const SPEC = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([tT]?)([a-zA-Z%])/g;
const WHOLE = /^(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

const refused = (what: string) => new Error(`The format ${what} is not emulated locally`);

/** A number's digits with so many after the point, half up, without an exponent. */
export function fixed(text: string, places: number): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const shift = Number(exponent) - fraction.length + places;
  const digits = BigInt(whole + fraction);
  const scaled =
    shift >= 0 ? digits * 10n ** BigInt(shift) : (digits * 2n + 10n ** BigInt(-shift)) / (2n * 10n ** BigInt(-shift));
  const padded = String(scaled).padStart(places + 1, '0');
  const cut = padded.length - places;
  return `${sign}${padded.slice(0, cut)}${places === 0 ? '' : `.${padded.slice(cut)}`}`;
}

function signed(number: string, flags: string): string {
  const negative = number.startsWith('-');
  const digits = negative ? number.slice(1) : number;
  const [whole = '', fraction] = digits.split('.');
  const grouped = flags.includes(',') ? whole.replace(/\B(?=(?:\d{3})+$)/g, ',') : whole;
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  if (negative) return flags.includes('(') ? `(${text})` : `-${text}`;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

function timePart(letter: string, text: string): string {
  const at = new Date(`${text.replace(' ', 'T').replace(/(?:\+00)$/, '')}${text.includes(':') ? '' : 'T00:00:00'}Z`);
  const parts: Readonly<Record<string, () => string>> = {
    A: () => DAYS[at.getUTCDay()] as string,
    a: () => (DAYS[at.getUTCDay()] as string).slice(0, 3),
    B: () => MONTHS[at.getUTCMonth()] as string,
    b: () => (MONTHS[at.getUTCMonth()] as string).slice(0, 3),
    d: () => pad(at.getUTCDate()),
    e: () => String(at.getUTCDate()),
    F: () => at.toISOString().slice(0, 10),
    H: () => pad(at.getUTCHours()),
    I: () => pad(at.getUTCHours() % 12 || 12),
    L: () => pad(at.getUTCMilliseconds(), 3),
    M: () => pad(at.getUTCMinutes()),
    m: () => pad(at.getUTCMonth() + 1),
    S: () => pad(at.getUTCSeconds()),
    T: () => at.toISOString().slice(11, 19),
    Y: () => pad(at.getUTCFullYear(), 4),
    y: () => pad(at.getUTCFullYear() % 100),
  };
  const part = parts[letter];
  if (!part || Number.isNaN(at.getTime())) throw refused(`%t${letter}`);
  return part();
}

function converted({ flags, precision, conversion, time }: Spec, { text, type }: FormatArgument): string {
  if (text === null) return 'null';
  if (time) return timePart(conversion, text);
  switch (conversion) {
    case 's':
    case 'S': {
      if (/^(?:DOUBLE|FLOAT|TIMESTAMP)/.test(type)) throw refused(`%s of a ${type.toLowerCase()}`);
      const cut = precision === undefined ? text : text.slice(0, precision);
      return conversion === 'S' ? cut.toUpperCase() : cut;
    }
    case 'd':
      if (!WHOLE.test(type)) throw new Error(`Invalid format string: d != ${type.toLowerCase()}`);
      return signed(text, flags);
    case 'f':
      if (!/^(?:DOUBLE|FLOAT|DECIMAL)/.test(type)) throw new Error(`Invalid format string: f != ${type.toLowerCase()}`);
      return /^-?(?:nan|inf)/i.test(text) ? refuseNumber(text) : signed(fixed(text, precision ?? 6), flags);
    case 'x':
    case 'X': {
      if (!WHOLE.test(type)) throw new Error(`Invalid format string: x != ${type.toLowerCase()}`);
      const bits = BigInt.asUintN(/^(?:TINYINT|SMALLINT|INTEGER)$/.test(type) ? 32 : 64, BigInt(text)).toString(16);
      return conversion === 'X' ? bits.toUpperCase() : bits;
    }
    case 'b':
      return text;
    default:
      throw refused(`%${conversion}`);
  }
}

function refuseNumber(text: string): never {
  throw refused(`of ${text}`);
}

/** What Java's `String.format` makes of a pattern. @throws Error for a pattern that Java refuses, or not known here */
export function javaFormat(pattern: string, given: readonly FormatArgument[]): string {
  let next = 0;
  return pattern.replace(SPEC, (_, index, flags, width = '0', precision, time, conversion) => {
    if (conversion === 'n' && !time) return '\n';
    const spec = { flags, width: Number(width), precision: precision && Number(precision), conversion, time };
    if (conversion === '%' && !time) return '%'.padStart(spec.width);
    const argument = given[index === undefined ? next++ : Number(index) - 1];
    if (!argument) throw new Error(`Invalid format string: Format specifier '%${conversion}'`);
    const text = converted(spec, argument);
    if (flags.includes('-')) return text.padEnd(spec.width);
    if (!flags.includes('0') || argument.text === null) return text.padStart(spec.width);
    const [, sign = '', digits = ''] = /^([-+ (]?)([\s\S]*)$/.exec(text) ?? [];
    return sign + digits.padStart(spec.width - sign.length, '0');
  });
}
