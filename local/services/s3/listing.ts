interface Keyed {
  readonly key: string;
}

export interface ListingOptions {
  readonly prefix?: string;
  readonly delimiter?: string;
  readonly maxKeys?: number;
  /** Only what comes after this key, or common prefix. */
  readonly startAfter?: string;
  readonly marker?: string;
}

export interface Listing<T> {
  objects: T[];
  commonPrefixes: string[];
  isTruncated: boolean;
}

const MAX_KEYS = 1000;

/** One page of a listing, in the order of the keys' characters, as S3 gives it.
 *  A page that is not the last never ends with common prefixes behind objects: whoever pages goes on after the last
 *  object, and would meet those prefixes again. They come with the next page. */
export function listInOrder<T extends Keyed>(all: readonly T[], options: ListingOptions): Listing<T> {
  const { prefix = '', delimiter, maxKeys = MAX_KEYS } = options;
  const after = options.startAfter || options.marker || '';
  const rest = all.filter((object) => object.key.startsWith(prefix) && object.key > after);
  rest.sort((a, b) => (a.key < b.key ? -1 : 1));

  const objects: T[] = [];
  let commonPrefixes: string[] = [];
  for (const object of rest) {
    const common = delimiter ? commonPrefixOf(object.key, prefix, delimiter) : undefined;
    if (common !== undefined && (common <= after || common === commonPrefixes.at(-1))) continue;
    if (objects.length + commonPrefixes.length >= maxKeys) {
      const last = objects.at(-1)?.key;
      if (last !== undefined) commonPrefixes = commonPrefixes.filter((each) => each < last);
      return { objects, commonPrefixes, isTruncated: maxKeys > 0 };
    }
    if (common === undefined) objects.push(object);
    else commonPrefixes.push(common);
  }
  return { objects, commonPrefixes, isTruncated: false };
}

function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
