import { MalformedQuery } from './failure.ts';
import { type Token, tokensOf } from './prepare.ts';

const isPlaceholder = ({ text, start, end }: Token) => text === '?' && end - start === 1;

/** Puts values, each the text of an SQL expression, in the places of a query's question marks, in order.
 *  @throws MalformedQuery when there are more or fewer */
export function bindParameters(sql: string, values: readonly string[]): string {
  const places = sql.includes('?') ? tokensOf(sql).filter(isPlaceholder) : [];
  if (places.length !== values.length)
    throw new MalformedQuery(
      `line 1:1: Incorrect number of parameters: expected ${places.length} but found ${values.length}`,
    );
  for (const value of values) {
    if (splitList(value).length !== 1) throw new MalformedQuery('An execution parameter is not one expression');
  }
  const characters = Array.from(sql);
  let bound = '';
  let at = 0;
  for (const [index, { start, end }] of places.entries()) {
    bound += `${characters.slice(at, start).join('')}${values[index]}`;
    at = end;
  }
  return bound + characters.slice(at).join('');
}

/** Cuts a list of expressions at its commas. */
export function splitList(list: string): string[] {
  const characters = Array.from(list);
  const parts: string[] = [];
  let depth = 0;
  let at = 0;
  for (const { text, start, end } of tokensOf(list)) {
    if (end - start !== 1) continue;
    if ('([{'.includes(text)) depth++;
    if (')]}'.includes(text)) depth--;
    if (depth < 0 || text === ';') throw new MalformedQuery('An execution parameter is not one expression');
    if (text !== ',' || depth > 0) continue;
    parts.push(characters.slice(at, start).join('').trim());
    at = end;
  }
  return [...parts, characters.slice(at).join('').trim()].filter((part) => part !== '');
}
