import { notEmulated } from './failure.ts';

/** MySQL's specifiers, as `date_format` and `date_parse` take them, in strftime's. */
const MYSQL: Readonly<Record<string, string>> = {
  a: '%a',
  b: '%b',
  c: '%-m',
  d: '%d',
  e: '%-d',
  f: '%f',
  H: '%H',
  h: '%I',
  I: '%I',
  i: '%M',
  j: '%j',
  k: '%-H',
  l: '%-I',
  M: '%B',
  m: '%m',
  p: '%p',
  r: '%I:%M:%S %p',
  S: '%S',
  s: '%S',
  T: '%H:%M:%S',
  v: '%V',
  W: '%A',
  x: '%G',
  Y: '%Y',
  y: '%y',
  '%': '%%',
};

/** @throws QueryFailure at a specifier that strftime has no counterpart of. */
export function fromMysqlFormat(format: string): string {
  return format.replace(/%(.)/gs, (_, letter: string) => {
    const found = MYSQL[letter];
    if (!found) throw notEmulated(`The time format specifier %${letter}`);
    return found;
  });
}

/** Joda's pattern letters, as `format_datetime` and `parse_datetime` take them, by letter and width. */
const JODA: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  YYYY: '%Y',
  y: '%Y',
  yy: '%y',
  MMMM: '%B',
  MMM: '%b',
  MM: '%m',
  M: '%-m',
  dd: '%d',
  d: '%-d',
  DDD: '%j',
  HH: '%H',
  H: '%-H',
  hh: '%I',
  h: '%-I',
  mm: '%M',
  m: '%-M',
  ss: '%S',
  s: '%-S',
  SSS: '%g',
  a: '%p',
  EEEE: '%A',
  EEE: '%a',
  E: '%a',
};

/** @throws QueryFailure at a pattern letter that is not known here. */
export function fromJodaFormat(format: string): string {
  return format.replace(/''|'((?:[^']|'')*)'|([A-Za-z])\2*|%/g, (token, quoted?: string) => {
    if (token === "''") return "'";
    if (token === '%') return '%%';
    if (quoted !== undefined) return quoted.replaceAll("''", "'").replaceAll('%', '%%');
    const found = JODA[token];
    if (!found) throw notEmulated(`The time pattern ${token}`);
    return found;
  });
}
