import { describe, expect, it } from '@jest/globals';
import { embeddedMetrics } from '../../local/services/lambda/emf.ts';

const line = (root: object, directive: object = {}) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        { Namespace: 'N', Dimensions: [['a']], Metrics: [{ Name: 'm', Unit: 'Count' }], ...directive },
      ],
    },
    a: 'x',
    ...root,
  });
const values = (text: string) => embeddedMetrics(text).map(({ dimensions, value }) => [dimensions, value]);

describe('the embedded metric format', () => {
  it('gives each value in each dimension set', () => {
    const text = line({ m: [1, 2], b: 'y' }, { Dimensions: [['a'], ['a', 'b'], []] });
    expect(values(text)).toEqual([
      [{ a: 'x' }, 1],
      [{ a: 'x', b: 'y' }, 1],
      [{}, 1],
      [{ a: 'x' }, 2],
      [{ a: 'x', b: 'y' }, 2],
      [{}, 2],
    ]);
  });

  it('is found behind what the runtime puts before a line of the console', () => {
    const head = '2026-01-02T03:04:05.678Z\t0f0f0f0f-0000-0000-0000-000000000000\tINFO\t';
    expect(values(head + line({ m: 1 }))).toEqual([[{ a: 'x' }, 1]]);
  });

  it('names the metric, its unit and its resolution', () => {
    const named = { namespace: 'N', name: 'm', dimensions: { a: 'x' }, value: 0.5 };
    expect(embeddedMetrics(line({ m: 0.5 }))).toEqual([{ ...named, unit: 'Count', isHighResolution: false }]);
    const fine = line({ m: 0.5 }, { Metrics: [{ Name: 'm', StorageResolution: 1 }] });
    expect(embeddedMetrics(fine)).toEqual([{ ...named, unit: 'None', isHighResolution: true }]);
  });

  it.each([
    ['a plain line', 'REPORT RequestId: x'],
    ['a line that only speaks of it', 'the "_aws" key'],
    ['a line cut off', line({ m: 1 }).slice(0, -3)],
    ['a document whose _aws is null', '{"_aws":null}'],
    ['a directive that is null', '{"_aws":{"CloudWatchMetrics":[null]}}'],
    ['a missing value', line({})],
    ['a value that is a text', line({ m: '1' })],
    ['more than 100 values', line({ m: Array(101).fill(1) })],
    ['a dimension without a value', line({ m: 1 }, { Dimensions: [['c']] })],
    ['a dimension that is a number', line({ m: 1, a: 1 })],
    ['more than 30 dimensions', line({ m: 1 }, { Dimensions: [Array(31).fill('a')] })],
    ['more than 100 metrics', line({ m: 1 }, { Metrics: Array(101).fill({ Name: 'm' }) })],
    ['no namespace', line({ m: 1 }, { Namespace: undefined })],
  ])('makes nothing of %s', (_, text) => {
    expect(embeddedMetrics(text)).toEqual([]);
  });
});
