import * as z from 'zod';
import { lake, minutes, seconds } from '../../core/pipeline/index.ts';
import type { Mapped, Output, Stream } from '../../core/pipeline/stream.ts';
import type { Line } from './timed.ts';

/** How much earlier and how much later than the question its answer may be. */
export const BEFORE_MS = seconds(40);
export const AFTER_MS = seconds(80);
export const TTL_MS = minutes(3);
export const FORGOTTEN_MS = minutes(1);
export const WITHIN_MS = minutes(5);

export const isQuestion = (number: number): boolean => number % 7 < 3;
/** What a number does to its key's row, or whether it asks what that is. */
export const rolesOf = (number: number): 'upsert' | 'delete' | 'ask' =>
  number % 3 > 0 ? 'ask' : number % 4 === 0 ? 'delete' : 'upsert';
export const isBait = (number: number): boolean => number % 11 < 4;
export const isSpoiler = (number: number): boolean => number % 11 > 7;
/** Whether it is bitten by what came first. */
export const isBite = (number: number, bait: number): boolean => number % 11 > 3 && (number + bait) % 3 > 0;

const Pair = z.object({ question: z.int(), answer: z.int() });
const Single = z.object({ number: z.int() });
const Change = z.object({ key: z.string(), before: z.int(), after: z.int() });
const Found = Single.extend({ row: z.int() });
const Catch = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  bait: z.int(),
  bites: z.array(z.int()).readonly(),
});

/** What brings items together: a join of two streams, a table with what is looked up in it, and a sequence. Zero stands for
 *  nothing. */
export function joined(lines: Stream<Line, Mapped>): readonly Output[] {
  const pairs = lines
    .filter('question', ({ number }) => isQuestion(number))
    .join(
      'pair',
      lines.filter('answer', ({ number }) => !isQuestion(number)),
      {
        within: { before: BEFORE_MS, after: AFTER_MS },
        how: 'full',
        with: (question, answer) => ({ question: question?.number ?? 0, answer: answer?.number ?? 0 }),
      },
    );
  const kept = lines
    .filter('change', ({ number }) => rolesOf(number) !== 'ask')
    .table('kept', {
      ttl: TTL_MS,
      grace: FORGOTTEN_MS,
      order: ({ number }) => String(number),
      change: ({ number }) => (rolesOf(number) === 'delete' ? 'delete' : { upsert: { number } }),
    });
  const changes = kept.changes.map('changed', ({ key, before, after }) => ({
    key,
    before: before?.number ?? 0,
    after: after?.number ?? 0,
  }));
  const found = lines
    .filter('ask', ({ number }) => rolesOf(number) === 'ask')
    .lookup('found', kept, { how: 'left', with: ({ number }, row) => ({ number, row: row?.number ?? 0 }) });
  const catches = lines.sequence('catch', {
    pattern: (p) =>
      p
        .take('bait', { where: ({ number }) => isBait(number) })
        .not('spoiler', { where: ({ number }) => isSpoiler(number) })
        .take('bites', { times: 2, given: ({ number }, { bait }) => isBite(number, bait.number) }),
    within: WITHIN_MS,
    skip: 'no-skip',
  });
  const caught = catches.matched.map('caught', ({ bait, bites, ...of }) => ({
    ...of,
    bait: bait.number,
    bites: bites.map(({ number }) => number),
  }));
  const escaped = catches.timedOut.map('escaped', ({ bait, bites, ...of }) => ({
    ...of,
    bait: bait?.number ?? 0,
    bites: bites.map(({ number }) => number),
  }));
  return [
    pairs.items.to(lake('pairs', { schema: Pair })),
    pairs.late.left.to(lake('late_questions', { schema: Single })),
    pairs.late.right.to(lake('late_answers', { schema: Single })),
    changes.to(lake('changes', { schema: Change })),
    kept.late.to(lake('late_changes', { schema: Single })),
    found.items.to(lake('founds', { schema: Found })),
    found.late.to(lake('late_asks', { schema: Single })),
    caught.to(lake('catches', { schema: Catch })),
    escaped.to(lake('escapes', { schema: Catch })),
    catches.late.to(lake('late_catches', { schema: Single })),
  ];
}

/** Steps whose keys are all forgotten when enough time has passed. */
export const PASSING_JOINED = ['pair', 'kept', 'found', 'catch'] as const;

/** The tables of its rows. */
export const JOINED_TABLES = [
  'pairs',
  'late_questions',
  'late_answers',
  'changes',
  'late_changes',
  'founds',
  'late_asks',
  'catches',
  'escapes',
  'late_catches',
] as const;
