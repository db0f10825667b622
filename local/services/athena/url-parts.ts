/** `[scheme:][//authority][path][?query][#fragment]` of RFC 2396's characters. */
const URL_FORM =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#\s]*))?((?:[^?#\s\\^`{|}<>"%]|%[0-9A-Fa-f]{2})*)(?:\?([^#\s\\^`{|}<>"]*))?(?:#([^\s]*))?$/;
const AUTHORITY = /^(?:[^@]*@)?(\[[^\]]*\]|[A-Za-z0-9._-]*)(?::(\d*))?$/;

export interface UrlParts {
  readonly protocol: string;
  readonly host: string;
  readonly port: string | undefined;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
  /** Not decoded. */
  readonly rawQuery: string;
}

/** Percent escapes read as UTF-8; what is none becomes the replacement character. */
const decoded = (text: string): string =>
  text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));

/** A URL's parts as `java.net.URI` tells them; undefined when it is none. */
export function urlParts(url: string): UrlParts | undefined {
  const found = URL_FORM.exec(url);
  if (!found) return undefined;
  const [, protocol = '', authority, path = '', rawQuery = '', fragment = ''] = found;
  const [, host = '', port = ''] = AUTHORITY.exec(authority ?? '') ?? [];
  return {
    protocol,
    host,
    port: port === '' ? undefined : port,
    path: decoded(path),
    query: decoded(rawQuery),
    fragment: decoded(fragment),
    rawQuery,
  };
}

/** The first value of a query's parameter; undefined when there is none of the name. */
export function urlParameter(url: string, name: string): string | undefined {
  const parameter = (text: string) => decoded(text.replaceAll('+', ' '));
  for (const pair of urlParts(url)?.rawQuery.split('&') ?? []) {
    const at = pair.indexOf('=');
    const key = at < 0 ? pair : pair.slice(0, at);
    if (pair !== '' && parameter(key) === name) return at < 0 ? '' : parameter(pair.slice(at + 1));
  }
  return undefined;
}

export const urlEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
