import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeBase64 } from '../../local/services/base64.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

it('takes padded base64 and nothing else', () => {
  const pieces = fc.constantFrom('A', 'z', '0', '+', '/', '=', '==', '-', '_', ' ', '\n', 'é', '%', 'QUJD');
  const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
  const encoded = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
  const check = (data: string) =>
    expect(decodeBase64(data)).toEqual(BASE64.test(data) ? Buffer.from(data, 'base64') : undefined);
  fc.assert(fc.property(fc.oneof(text, encoded), check), { numRuns: 2_000 });
});
