import type { Query } from '../query.ts';
import { q0 } from './q0.ts';
import { q1 } from './q1.ts';
import { q2 } from './q2.ts';
import { q3 } from './q3.ts';
import { q4 } from './q4.ts';
import { q5 } from './q5.ts';
import { q6 } from './q6.ts';
import { q7 } from './q7.ts';
import { q8 } from './q8.ts';
import { q9 } from './q9.ts';
import { q11 } from './q11.ts';
import { q13 } from './q13.ts';
import { q14 } from './q14.ts';
import { q15 } from './q15.ts';
import { q16 } from './q16.ts';
import { q17 } from './q17.ts';
import { q18 } from './q18.ts';
import { q19 } from './q19.ts';
import { q20 } from './q20.ts';
import { q22 } from './q22.ts';

/** Nexmark's queries. */
export const QUERIES: readonly Query[] = [
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  q6,
  q7,
  q8,
  q9,
  q11,
  q13,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q20,
  q22,
];

/** Why the others are not here. */
export const LEFT_OUT = {
  q10: 'writes each bid to a file of its minute: Firehose cuts the files here, and the rows are those of q0',
  q12: "counts by the machine's clock, on which no result of Millrace depends",
  q21: 'makes a row of each bid by itself, as q14 and q22 do: it would show nothing more',
};
