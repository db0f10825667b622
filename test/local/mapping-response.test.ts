import { describe, expect, it } from '@jest/globals';
import { encodeRecord } from '../../local/mapping/event.ts';
import { interpret } from '../../local/mapping/response.ts';

const source = { arn: 'arn', region: 'us-east-1', roleArn: 'role' };
const [first, second, third] = ['9', '10', '49590338271490256608559692538361571095921575989136588898'];
const batch = [first, second, third].map((sequenceNumber = '') =>
  encodeRecord(source, 'shard', { sequenceNumber, partitionKey: 'k', data: Buffer.from('x'), arrivalMs: 1 }),
);
const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('what a function answers with ReportBatchItemFailures', () => {
  it.each([
    ['an empty list', { batchItemFailures: [] }],
    ['null for the list', { batchItemFailures: null }],
    ['an empty object', {}],
    ['null', null],
    ['an empty text', ''],
    ['an empty list alone', []],
  ])('is a success: %s', (_, answer) => {
    expect(interpret({ payload: JSON.stringify(answer) }, batch, true)).toEqual({ kind: 'succeeded' });
  });

  it('is a success when there is no payload at all', () => {
    expect(interpret({ payload: '' }, batch, true)).toEqual({ kind: 'succeeded' });
  });

  it.each([
    ['an empty id', failures('')],
    ['null as the id', failures(null)],
    ['another key', { foo: 123 }],
    ['another key in an item', { batchItemFailures: [{ foo: first }] }],
    ['an id that is not in the batch', failures('123')],
    ['a number as the id', failures(9)],
    ['a valid id beside an unknown one', failures(third, '123')],
    ['a list of texts', { batchItemFailures: [first] }],
    ['no list', { batchItemFailures: 'all' }],
    ['a text', 'done'],
    ['a number', 1],
  ])('fails the whole batch without a function error: %s', (_, answer) => {
    const outcome = interpret({ payload: JSON.stringify(answer) }, batch, true);
    expect(outcome).toEqual({ kind: 'failed', functionError: null });
  });

  it('is a function error when the function threw', () => {
    const outcome = interpret({ payload: '{"batchItemFailures":[]}', functionError: 'Unhandled' }, batch, true);
    expect(outcome).toEqual({ kind: 'failed', functionError: 'Unhandled' });
  });

  it.each([
    [0, 1, failures(first)],
    [2, 1, failures(third)],
    [1, 2, failures(third, second)],
    [0, 3, failures(second, third, first)],
  ])('goes back to the lowest reported record, %i, of %i', (from, count, answer) => {
    const outcome = interpret({ payload: JSON.stringify(answer) }, batch, true);
    expect(outcome).toEqual({ kind: 'partly-failed', from, failures: count });
  });
});

describe('what a function answers without ReportBatchItemFailures', () => {
  it.each([failures(second), { foo: 123 }, 'done', null])('is ignored: %j', (answer) => {
    expect(interpret({ payload: JSON.stringify(answer) }, batch, false)).toEqual({ kind: 'succeeded' });
  });

  it('fails the batch only by a function error', () => {
    const outcome = interpret({ payload: '{"errorType":"Error"}', functionError: 'Unhandled' }, batch, false);
    expect(outcome).toEqual({ kind: 'failed', functionError: 'Unhandled' });
  });
});
