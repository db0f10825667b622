/** What JSON need not escape, of ASCII. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as JSON, like `JSON.stringify`: several times as fast for plain ones. */
export const jsonText = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
