import { describe, it } from '@jest/globals';
import { hopping, minutes, session, tumbling } from '../../core/pipeline/index.ts';
import { type Case, check } from '../support/cases.ts';
import { aggregate, windowsOf } from '../support/windows.ts';

const FIVE_MINUTES: readonly Case[] = [
  { name: 'empty', events: [10], rows: { results: [], updates: [] } },
  {
    name: 'one',
    events: [['ada', 1, 7], 6],
    rows: { results: [['ada', 0, 5, 1, 7, 1]], updates: [['ada', 0, 5, 1, 7, 1]], closed: [['ada', 0, 5, 1, 7]] },
  },
  {
    name: 'one, whose window is not yet closed',
    events: [['ada', 1, 7], 5.9],
    rows: { results: [['ada', 0, 5, 1, 7, 1]] },
  },
  {
    name: 'boundaries: the start is in, the end is not',
    events: [
      ['ada', 0, 1],
      ['ada', 4.99, 2],
      ['ada', 5, 4],
      ['ada', 10, 8],
      ['ada', 20, 0],
    ],
    rows: {
      closed: [
        ['ada', 0, 5, 2, 3],
        ['ada', 5, 10, 1, 4],
        ['ada', 10, 15, 1, 8],
      ],
    },
  },
  {
    name: 'late within the grace corrects, after it is late',
    events: [['ada', 1, 1], ['ada', 6, 2], ['ada', 2, 4], ['ada', 7, 8], ['ada', 3, 16], 10],
    rows: {
      results: [
        ['ada', 0, 5, 1, 1, 1],
        ['ada', 0, 5, 2, 5, 2],
        ['ada', 5, 10, 2, 10, 2],
      ],
      updates: [
        ['ada', 0, 5, 1, 1, 1],
        ['ada', 5, 10, 1, 2, 1],
        ['ada', 0, 5, 2, 5, 2],
        ['ada', 5, 10, 2, 10, 2],
      ],
      closed: [
        ['ada', 0, 5, 2, 5],
        ['ada', 5, 10, 2, 10],
      ],
      late: [['ada', 3, 16]],
    },
  },
  {
    name: 'the first of a window in its grace',
    events: [['ada', 6.5, 1], ['ada', 1, 2], 10],
    rows: {
      results: [
        ['ada', 0, 5, 1, 2, 1],
        ['ada', 5, 10, 1, 1, 1],
      ],
      closed: [
        ['ada', 0, 5, 1, 2],
        ['ada', 5, 10, 1, 1],
      ],
    },
  },
  {
    name: 'out of order, ties, gaps and several keys, in Unicode',
    events: [
      ['é/日本', 3, 1],
      ['', 1, 2],
      ['é/日本', 1, 4],
      ['é/日本', 1, 8],
      ['é/日本', 31, 16],
      ['👩‍🚀', 31, 32],
      20,
    ],
    rows: {
      closed: [
        ['', 0, 5, 1, 2],
        ['é/日本', 0, 5, 3, 13],
        ['é/日本', 30, 35, 1, 16],
        ['👩‍🚀', 30, 35, 1, 32],
      ],
    },
  },
  {
    name: 'huge values',
    events: [['ada', 1, 1e308], ['ada', 2, -1e308], ['ada', 3, 9007199254740991], ['ada', 4, 0.1], 10],
    rows: { closed: [['ada', 0, 5, 4, 9007199254740991]] },
  },
  {
    name: 'before 1970',
    events: [['ada', -60, 1], ['ada', 0, 2], 10],
    rows: {
      closed: [
        ['ada', -60, -55, 1, 1],
        ['ada', 0, 5, 1, 2],
      ],
    },
  },
];

/** Ten minutes every four: windows begin at ..., -8, -4, 0, 4, ... */
const TEN_EVERY_FOUR: readonly Case[] = [
  { name: 'empty', events: [10], rows: { results: [], updates: [] } },
  {
    name: 'one',
    events: [['ada', 3, 1], 30],
    rows: {
      closed: [
        ['ada', -4, 6, 1, 1],
        ['ada', 0, 10, 1, 1],
      ],
      updates: [
        ['ada', -4, 6, 1, 1, 1],
        ['ada', 0, 10, 1, 1, 1],
      ],
    },
  },
  {
    name: 'boundaries: a window ends within the stretch that the next begins in',
    events: [['ada', 1.99, 1], ['ada', 2, 2], ['ada', 4, 4], 30],
    rows: {
      closed: [
        ['ada', -8, 2, 1, 1],
        ['ada', -4, 6, 3, 7],
        ['ada', 0, 10, 3, 7],
        ['ada', 4, 14, 1, 4],
      ],
    },
  },
  {
    name: 'late for some windows only, corrections among those after it',
    events: [['ada', 1, 1], ['ada', 7, 2], ['ada', 3, 4], ['ada', 9.5, 8], ['ada', 1.5, 16], ['ada', -1, 32], 30],
    rows: {
      closed: [
        ['ada', -8, 2, 1, 1],
        ['ada', -4, 6, 2, 5],
        ['ada', 0, 10, 5, 31],
        ['ada', 4, 14, 2, 10],
        ['ada', 8, 18, 1, 8],
      ],
      results: [
        ['ada', -8, 2, 1, 1, 1],
        ['ada', -4, 6, 1, 1, 1],
        ['ada', -4, 6, 2, 5, 2],
        ['ada', 0, 10, 5, 31, 5],
        ['ada', 4, 14, 2, 10, 2],
        ['ada', 8, 18, 1, 8, 1],
      ],
      late: [['ada', -1, 32]],
    },
  },
];

const SESSIONS: readonly Case[] = [
  { name: 'empty', events: [10], rows: { results: [], updates: [] } },
  { name: 'one', events: [['ada', 1, 7], 40], rows: { closed: [['ada', 1, 11, 1, 7]] } },
  {
    name: 'boundaries: what touches is one',
    events: [['ada', 0, 1], ['ada', 10, 2], ['ada', 20.01, 4], 60],
    rows: {
      closed: [
        ['ada', 0, 20, 2, 3],
        ['ada', 20.01, 30.01, 1, 4],
      ],
    },
  },
  {
    name: 'an item in between makes one of two, also when the first has ended',
    events: [['ada', 0, 1], ['ada', 18, 2], ['bob', 5, 4], ['ada', 9, 8], ['ada', 60, 16], ['ada', 9, 32], 60],
    rows: {
      results: [
        ['ada', 0, 10, 1, 1, 1],
        ['bob', 5, 15, 1, 4, 1],
        ['ada', 0, 28, 3, 11, 3],
        ['ada', 60, 70, 1, 16, 1],
      ],
      closed: [
        ['bob', 5, 15, 1, 4],
        ['ada', 0, 28, 3, 11],
        ['ada', 60, 70, 1, 16],
      ],
      late: [['ada', 9, 32]],
    },
  },
  {
    name: 'a late item is taken in by a session that is open',
    events: [['ada', 12, 1], ['ada', 20, 2], ['bob', 45, 4], ['ada', 4, 8], 60],
    rows: {
      closed: [
        ['ada', 4, 30, 3, 11],
        ['bob', 45, 55, 1, 4],
      ],
    },
  },
];

describe('tumbling windows of five minutes, two of grace', () => {
  const plan = windowsOf((orders) => orders.window('w', { over: tumbling(minutes(5)), grace: minutes(2), aggregate }));
  it.each(FIVE_MINUTES)('$name', (each) => check(plan, each));
});

describe('hopping windows of ten minutes every four, two of grace', () => {
  const over = hopping(minutes(10), minutes(4));
  const plan = windowsOf((orders) => orders.window('w', { over, grace: minutes(2), aggregate }));
  it.each(TEN_EVERY_FOUR)('$name', (each) => check(plan, each));
});

describe('sessions with gaps of ten minutes, twenty of grace', () => {
  const plan = windowsOf((orders) => orders.window('w', { over: session(minutes(10)), grace: minutes(20), aggregate }));
  it.each(SESSIONS)('$name', (each) => check(plan, each));
});
