import { byKey, byTime, heldUp, iso, mayBeLate, withoutLate } from './check-timed.ts';
import {
  AFTER_MS,
  BEFORE_MS,
  FORGOTTEN_MS,
  isBait,
  isBite,
  isQuestion,
  isSpoiler,
  rolesOf,
  TTL_MS,
  WITHIN_MS,
} from './joined.ts';
import type { Expected, Line, Taken } from './oracle.ts';
import { type Found, rowFaults, rowsOf, sameSet, view } from './rows.ts';
import type { Services } from './services.ts';

/** What is wrong with what was brought together, when all time has passed: as somebody sees it who has all lines before
 *  him, and takes the steps' word for which of them came late. */
export function joinedFaults(expected: Expected, through: readonly Taken[], services: Services): readonly string[] {
  const lines = heldUp(expected, through);
  const rows = (table: string) => rowsOf(services, table);
  const inTime = (table: string, step: string, of: readonly Line[], graceMs = 0) =>
    withoutLate(table, rows(table), step, of, (timeMs) => timeMs + graceMs);
  const questions = inTime(
    'late_questions',
    'pair',
    lines.filter(({ number }) => isQuestion(number)),
  );
  const answers = inTime(
    'late_answers',
    'pair',
    lines.filter(({ number }) => !isQuestion(number)),
  );
  const changes = inTime(
    'late_changes',
    'kept',
    lines.filter(({ number }) => rolesOf(number) !== 'ask'),
    FORGOTTEN_MS,
  );
  const asks = inTime(
    'late_asks',
    'found',
    lines.filter(({ number }) => rolesOf(number) === 'ask'),
  );
  const catches = inTime('late_catches', 'catch', lines);
  return [
    ...[questions, answers, changes, asks, catches].flatMap(({ faults }) => faults),
    ...rowFaults('pairs', rows('pairs'), pairsOf(questions.inTime, answers.inTime)),
    ...changeFaults([...view(rows('changes')).values()], changes.inTime),
    ...foundFaults(rows('founds'), asks.inTime, changes.inTime),
    ...catchFaults(rows('catches'), rows('escapes'), catches.inTime),
  ];
}

/** Each pair within the bound, and who is without partner. */
function pairsOf(questions: readonly Line[], answers: readonly Line[]): ReadonlyMap<string, Found> {
  const isPair = (question: Line, answer: Line) =>
    question.key === answer.key &&
    answer.timeMs >= question.timeMs - BEFORE_MS &&
    answer.timeMs <= question.timeMs + AFTER_MS;
  const row = (question: Line | undefined, answer: Line | undefined, timeMs: number): [string, Found] => [
    `${question?.id ?? ''}/pair.${answer?.id ?? ''}`,
    { event_time: iso(timeMs), question: question?.number ?? 0, answer: answer?.number ?? 0 },
  ];
  const pairs = questions.flatMap((question) =>
    answers
      .filter((answer) => isPair(question, answer))
      .map((answer) => row(question, answer, Math.max(question.timeMs, answer.timeMs))),
  );
  const unanswered = questions.filter((question) => !answers.some((answer) => isPair(question, answer)));
  const unasked = answers.filter((answer) => !questions.some((question) => isPair(question, answer)));
  return new Map([
    ...pairs,
    ...unanswered.map((question) => row(question, undefined, question.timeMs + AFTER_MS)),
    ...unasked.map((answer) => row(undefined, answer, answer.timeMs + BEFORE_MS)),
  ]);
}

/** In the order in which a table takes changes. */
const byVersion = (a: Line, b: Line): number => a.timeMs - b.timeMs || a.number - b.number;

/** A row is told of when it comes and when it goes. Of keys without late changes it is known which rows that are: those
 *  that came in their order. */
function changeFaults(rows: readonly Found[], changes: readonly Line[]): readonly string[] {
  const named = (which: 'before' | 'after') =>
    rows.filter((row) => row[which] !== 0).map((row) => `${row.key} ${row[which]}`);
  const [come, gone] = [named('after'), named('before')];
  const upserts = [...byKey(changes)].flatMap(([key, ofKey]) => {
    const isVague = ofKey.some(mayBeLate);
    return ofKey.flatMap((line, n) => {
      if (rolesOf(line.number) !== 'upsert') return [];
      const name = `${key} ${line.number}`;
      const isDue = isVague ? come.includes(name) : ofKey.slice(0, n).every((each) => byVersion(each, line) < 0);
      return isDue ? [name] : [];
    });
  });
  return [
    ...sameSet('changes', new Set(come), new Set(upserts)),
    ...(String(come.sort()) === String(gone.sort()) ? [] : [`changes: [${come}] come and [${gone}] go`]),
    ...(new Set(come).size < come.length ? ['changes: a row comes twice'] : []),
  ];
}

/** Each question has the row of its time; where changes may have been late, one that there was. */
function foundFaults(found: readonly Found[], asks: readonly Line[], changes: readonly Line[]): readonly string[] {
  const shown = view(found);
  const rows = asks.map(({ id, key, number, timeMs }): [string, Found] => {
    const ofKey = changes.filter((each) => each.key === key);
    const before = ofKey.filter((each) => each.timeMs <= timeMs && timeMs < each.timeMs + TTL_MS).sort(byVersion);
    const rowIn = (line: Line | undefined) => (line && rolesOf(line.number) === 'upsert' ? line.number : 0);
    const name = `${id}/found.0`;
    const row = Number(shown.get(name)?.row);
    const isVague = ofKey.some(mayBeLate) && (row === 0 || before.some((each) => rowIn(each) === row));
    return [name, { event_time: iso(timeMs), number, row: isVague ? row : rowIn(before.at(-1)) }];
  });
  return rowFaults('founds', found, new Map(rows));
}

/** What each bait comes to: the first two that bite it in its time, unless a spoiler is among what passes before. */
function catchFaults(catches: readonly Found[], escapes: readonly Found[], lines: readonly Line[]): readonly string[] {
  const caught: Found[] = [];
  const escaped: Found[] = [];
  for (const [key, ofKey] of byKey(lines)) {
    const inOrder = [...ofKey].sort(byTime);
    for (const [place, bait] of inOrder.entries()) {
      if (!isBait(bait.number)) continue;
      const { bites, isSpoilt } = bitesOf(
        bait,
        inOrder.slice(place + 1).filter(({ timeMs }) => timeMs < bait.timeMs + WITHIN_MS),
      );
      if (isSpoilt) continue;
      const [start, end] = [bait, bites.at(-1) ?? bait].map(({ timeMs }) => iso(timeMs));
      const isCaught = bites.length === 2;
      const event_time = isCaught ? end : iso(bait.timeMs + WITHIN_MS);
      const row = { event_time, key, start, end, bait: bait.number, bites: bites.map(({ number }) => number) };
      (isCaught ? caught : escaped).push(row);
    }
  }
  return [...sameRows('catches', catches, caught), ...sameRows('escapes', escapes, escaped)];
}

/** The spoiler counts only before the first bite. */
function bitesOf(bait: Line, behind: readonly Line[]) {
  const bites: Line[] = [];
  for (const line of behind) {
    if (bites.length === 2) break;
    if (isBite(line.number, bait.number)) bites.push(line);
    else if (isSpoiler(line.number) && bites.length === 0) return { bites, isSpoilt: true };
  }
  return { bites, isSpoilt: false };
}

const COLUMNS = ['event_time', 'key', 'start', 'end', 'bait', 'bites'];

/** The table shows these rows, each under one id. */
function sameRows(table: string, found: readonly Found[], expected: readonly Found[]): readonly string[] {
  const textOf = (row: Found) => JSON.stringify(COLUMNS.map((name) => row[name]));
  const shown = [...view(found).values()].map(textOf);
  return [
    ...sameSet(table, new Set(shown), new Set(expected.map(textOf))),
    ...(new Set(shown).size < shown.length ? [`${table}: a row stands under two ids`] : []),
  ];
}
