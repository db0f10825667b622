import { describe, expect, it } from '@jest/globals';
import { AlertLines } from '../../cli/alert-lines.ts';

const told = (id: string, message = 'much', alert = 'burst') => ({
  message,
  attributes: { alert, id, source: '/test', key: 'ada', time: '2026-11-21T10:00:00.000Z' },
});

function heard(...messages: readonly ReturnType<typeof told>[]) {
  const lines: string[] = [];
  const alerts = new AlertLines(['burst', 'quiet'], (line) => void lines.push(line));
  for (const message of messages) alerts.hear(message);
  return { lines, counts: alerts.counts };
}

describe('alerts as they are published', () => {
  it('are a line each: time, alert, key and text', () => {
    const { lines, counts } = heard(told('a'), told('b', 'more'));
    expect(lines).toEqual(['2026-11-21T10:00:00.000Z  burst  ada  much', '2026-11-21T10:00:00.000Z  burst  ada  more']);
    expect(counts).toEqual({ burst: 2, quiet: 0 });
  });

  it('are told once, however often they are published', () => {
    const { lines, counts } = heard(told('a'), told('a'), told('a', 'much', 'quiet'));
    expect(lines).toHaveLength(2);
    expect(counts).toEqual({ burst: 1, quiet: 1 });
  });

  it('are only counted after twenty of a kind', () => {
    const many = Array.from({ length: 25 }, (_, n) => told(`${n}`));
    const { lines, counts } = heard(...many, told('a', 'much', 'quiet'));
    expect(lines).toHaveLength(22);
    expect(lines[20]).toBe('more alerts of burst are only counted');
    expect(counts).toEqual({ burst: 25, quiet: 1 });
  });

  it('do not steer the terminal, or fill it', () => {
    const [line = '', long = ''] = heard(told('a', 'red \u001b[31m\n'), told('b', 'x'.repeat(1_000))).lines;
    expect(line).toContain('red \\x1b[31m\\x0a');
    expect(long.length).toBeLessThan(400);
  });

  it('of other pipelines are not heard', () => {
    expect(heard(told('a', 'much', 'another'))).toEqual({ lines: [], counts: { burst: 0, quiet: 0 } });
  });
});
