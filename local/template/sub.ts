/** A piece of an `Fn::Sub` string: literal text, or the name inside `${…}`. */
export type SubPiece = { readonly text: string } | { readonly name: string };

const PLACEHOLDER = /\$\{(!?)([^}]*)\}/g;

/** Takes an `Fn::Sub` string apart; `${!Name}` stands for the text `${Name}`. */
export function subPieces(template: string): readonly SubPiece[] {
  const pieces: SubPiece[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > end) pieces.push({ text: template.slice(end, match.index) });
    const [whole, escaped, name = ''] = match;
    pieces.push(escaped ? { text: `\${${name}}` } : { name: name.trim() });
    end = match.index + whole.length;
  }
  if (end < template.length) pieces.push({ text: template.slice(end) });
  return pieces;
}
