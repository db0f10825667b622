/** Undefined for what is no padded base64. Node's decoder skips what it cannot read, so that too few bytes come out, and
 *  reads the alphabet for URLs too; a pattern would take longer than the decoding. */
export function decodeBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  const isWhole = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding;
  return isWhole && !text.includes('-') && !text.includes('_') ? bytes : undefined;
}
