import type { Random } from '../../pipelines/random.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** Lower-case letters: six of them are of one number. */
export function letters(random: Random, length: number): string {
  let text = '';
  for (let left = 0; text.length < length; left = Math.floor(left / 26)) {
    if (text.length % 6 === 0) left = random.below(26 ** 6);
    text += ALPHABET[left % 26];
  }
  return text;
}

/** At least 3 and fewer than `limit` characters: letters, one in 13 of them `gap` instead, without spaces at the ends. */
export function words(random: Random, limit: number, gap = ' '): string {
  let text = '';
  for (let left = 3 + random.below(limit - 3); left > 0; left--)
    text += random.below(13) === 0 ? gap : letters(random, 1);
  return text.trim();
}
