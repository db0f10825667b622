import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firehoseOperations } from '../../local/services/firehose/api.ts';
import type { ServiceError } from '../../local/services/json-api.ts';

const { PutRecord } = firehoseOperations(new Map(), () => {});

/** Whether the data got past the check, to find that there is no such stream. */
async function isTaken(Data: string): Promise<boolean> {
  const put = async () => PutRecord?.({ DeliveryStreamName: 'none', Record: { Data } });
  const { code } = (await put().catch((error: unknown) => error)) as ServiceError;
  expect(['ResourceNotFoundException', 'SerializationException']).toContain(code);
  return code === 'ResourceNotFoundException';
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

it('takes padded base64 and nothing else', async () => {
  const pieces = fc.constantFrom('A', 'z', '0', '+', '/', '=', '==', '-', '_', ' ', '\n', 'é', '%', 'QUJD');
  const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));
  const encoded = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
  const check = async (data: string) => expect(await isTaken(data)).toBe(BASE64.test(data));
  await fc.assert(fc.asyncProperty(fc.oneof(text, encoded), check), { numRuns: 2_000 });
});
