import { describe, expect, it } from '@jest/globals';
import { actionOf } from '../../local/faults/action.ts';
import { Board } from '../../local/faults/board.ts';
import { readDocument, readRule } from '../../local/faults/rules.ts';

describe('a rule in text', () => {
  it.each([
    ['dynamodb:PutItem:throttle:0.1', { service: 'dynamodb', action: 'PutItem', kind: 'throttle', probability: 0.1 }],
    ['sns:*:error:1', { service: 'sns', action: '*', kind: 'error', probability: 1 }],
    [
      's3:GetObject:latency:.5:20-400',
      { service: 's3', action: 'GetObject', kind: 'latency', probability: 0.5, ms: [20, 400] },
    ],
    [
      'lambda:Invoke:kill:0.2:300',
      { service: 'lambda', action: 'Invoke', kind: 'kill', probability: 0.2, afterMs: [300, 300] },
    ],
    [
      'lambda:Invoke:timeout:0',
      { service: 'lambda', action: 'Invoke', kind: 'timeout', probability: 0, afterMs: [0, 200] },
    ],
  ])('is read: %s', (text, rule) => {
    expect(readRule(text)).toEqual(rule);
  });

  it.each([
    ['dynamo:PutItem:throttle:0.1', /^service: .*"dynamodb"/],
    ['dynamodb:putitem:throttle:0.1', 'action: expected an action such as PutItem, or *'],
    ['dynamodb:PutItem:slow:0.1', /^kind: .*'lost-answer'/],
    ['dynamodb:PutItem:throttle:2', /^probability: .*<=1/],
    ['dynamodb:PutItem:throttle', /^probability: /],
    ['dynamodb:PutItem:throttle:', /^probability: /],
    ['dynamodb:PutItem:throttle:0.1:50', /Unrecognized key: "afterMs"/],
    ['dynamodb:PutItem:latency:0.1', 'ms: expected milliseconds: least and most'],
    ['dynamodb:PutItem:latency:0.1:9-8', 'ms: expected no more for the least than for the most'],
    ['dynamodb:PutItem:latency:0.1:soon', "'soon' is no time: expected milliseconds, or LEAST-MOST of them"],
    ['dynamodb:PutItem:latency:0.1:1:2', /more than five parts/],
    ['dynamodb:BatchWriteItem:partial:0.1', 'kind: partial is for firehose:PutRecordBatch and kinesis:PutRecords only'],
    ['kinesis:PutRecords:duplicate:0.1', 'kind: duplicate is for firehose:PutRecordBatch only'],
    ['s3:PutObject:kill:0.1', 'kind: kill is for lambda:Invoke only'],
    ['sns:Publish:throttle:0.1', 'action: expected * for sns'],
  ])('is refused, with the reason: %s', (text, reason) => {
    expect(() => readRule(text)).toThrow(reason);
  });
});

describe('a document of rules', () => {
  const throttle = { service: 'kinesis', action: '*', kind: 'throttle', probability: 0.5 };

  it.each([
    [{ rules: [throttle, { ...throttle, times: 0 }] }, /^rules\[1\]\.times: /],
    [{ rules: [{ ...throttle, often: 3 }] }, 'rules[0]: Unrecognized key: "often"'],
    [{ rules: Array.from({ length: 101 }, () => throttle) }, /^rules: /],
    [{ rules: [], seed: -1 }, /^seed: /],
    [[], /^the document: /],
  ])('is refused, with the place: %#', (document, reason) => {
    expect(() => readDocument(document)).toThrow(reason);
  });

  it('strikes the same calls again from the same seed, each rule by itself, and at most as often as it says', () => {
    const fates = (seed: number, ...more: object[]) => {
      const board = new Board();
      board.set(readDocument({ rules: [throttle, ...more] }).rules, seed);
      const [dice] = board.about('kinesis', 'PutRecords');
      return Array.from({ length: 64 }, () => dice?.strikes());
    };
    expect(fates(7)).toEqual(fates(7, { ...throttle, probability: 1 }));
    expect(fates(7)).not.toEqual(fates(8));
    expect(new Set(fates(7))).toEqual(new Set([true, false]));

    const board = new Board();
    board.set(readDocument({ rules: [throttle, { ...throttle, probability: 1, times: 3 }] }).rules, 7);
    const [first, limited] = board.about('kinesis', 'GetRecords');
    const other = Array.from({ length: 64 }, () => [first?.strikes(), limited?.strikes()]);
    expect(other.map(([strikes]) => strikes)).toEqual(fates(7));
    expect(other.filter(([, strikes]) => strikes)).toHaveLength(3);
    expect(board.state.rules[1]).toMatchObject({ met: 64, injected: 3 });
  });
});

describe('the action of a request', () => {
  it.each([
    ['GET', '/', 'ListBuckets'],
    ['GET', '/bucket?list-type=2&prefix=a', 'ListObjectsV2'],
    ['GET', '/bucket/?prefix=a', 'ListObjects'],
    ['POST', '/bucket/?delete', 'DeleteObjects'],
    ['PUT', '/bucket', 'CreateBucket'],
    ['PUT', '/bucket/a/b?x-id=PutObject', 'PutObject'],
    ['GET', '/bucket/a', 'GetObject'],
    ['HEAD', '/bucket/a', 'HeadObject'],
    ['DELETE', '/bucket/a', 'DeleteObject'],
    ['POST', '/bucket/a?uploads', 'CreateMultipartUpload'],
    ['PUT', '/bucket/a?partNumber=1&uploadId=u', 'UploadPart'],
    ['POST', '/bucket/a?uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE', '/bucket/a?uploadId=u', 'AbortMultipartUpload'],
  ])('of S3 is told by method and path: %s %s', (method, url, action) => {
    expect(actionOf('s3', { method, url, headers: {} })).toBe(action);
  });

  it('of others by the target or the path', () => {
    const copy = { method: 'PUT', url: '/bucket/a', headers: { 'x-amz-copy-source': '/bucket/b' } };
    expect(actionOf('s3', copy)).toBe('CopyObject');
    const put = { method: 'POST', url: '/', headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' } };
    expect(actionOf('dynamodb', put)).toBe('PutItem');
    const invoke = { method: 'POST', url: '/2015-03-31/functions/f/invocations', headers: {} };
    expect(actionOf('lambda', invoke)).toBe('Invoke');
    expect(actionOf('sns', { method: 'POST', url: '/', headers: {} })).toBeUndefined();
  });
});
