import type { StreamRecord } from '../services/kinesis-reader.ts';
import { FILTERS_MAX, PATTERN_CHARS_MAX } from './limits.ts';
import { compilePattern, type Matcher, PatternError, parseExact } from './pattern.ts';
import { invalid, type Properties } from './properties.ts';

/** Whether a record is to be delivered. */
export type RecordFilter = (record: Pick<StreamRecord, 'data'>) => boolean;

/** The condition of one filter on the records' data; undefined when it has none. */
function readPattern(text: unknown): Matcher | undefined {
  const refused = (reason: string) => invalid(`Invalid filter pattern definition. (${reason})`);
  if (typeof text !== 'string') throw refused('Pattern is missing');
  if (text.length > PATTERN_CHARS_MAX) throw refused(`longer than ${PATTERN_CHARS_MAX} characters`);
  try {
    const pattern = parseExact(text);
    compilePattern(pattern);
    const { data, ...others } = pattern as Record<string, unknown>;
    const [other] = Object.keys(others);
    if (other !== undefined) throw refused(`${other}: of a Kinesis record only data can be filtered`);
    return data === undefined ? undefined : compilePattern(data, ['data']);
  } catch (error) {
    if (error instanceof PatternError) throw refused(error.message);
    if (error instanceof SyntaxError) throw refused('not JSON');
    throw error;
  }
}

function parseData(data: Buffer): unknown {
  try {
    return parseExact(data.toString('utf8'));
  } catch {
    return undefined; // is not JSON, or not text: no pattern on the data matches
  }
}

/** Reads `FilterCriteria`; undefined when there are no filters. A record passes by one filter that it meets. Data that is
 *  not JSON meets none that has a condition on the data. Only `data` can be filtered on: AWS documents no other key for
 *  Kinesis, so another one is refused. */
export function readFilter(criteria: Properties | undefined): RecordFilter | undefined {
  const filters = criteria?.Filters ?? [];
  if (!Array.isArray(filters)) throw invalid('FilterCriteria.Filters has to be a list');
  if (filters.length === 0) return undefined;
  if (filters.length > FILTERS_MAX) {
    throw invalid(`FilterCriteria has ${filters.length} filters, where at most ${FILTERS_MAX} are allowed`);
  }
  const matchers = filters.map((filter) => readPattern(filter?.Pattern));
  if (matchers.includes(undefined)) return () => true;
  return ({ data }) => {
    const document = parseData(data);
    return document !== undefined && matchers.some((matcher) => matcher?.(document));
  };
}
