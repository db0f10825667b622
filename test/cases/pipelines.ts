import * as z from 'zod';
import { hopping, hours, lake, minutes, type Plan, pipeline, session, tumbling } from '../../core/pipeline/index.ts';
import type { TimeOver } from '../../core/pipeline/over.ts';
import { AGGREGATES } from './aggregates.ts';
import { items, thrower } from './items.ts';
import { PASSING } from './passing.ts';
import { aggregate, WINDOWS, Window } from './windows.ts';

const Numbered = z.object({ key: z.string(), n: z.int(), total: z.number() });
const Woken = z.object({ key: z.string(), n: z.int(), at: z.iso.datetime() });
const Named = z.object({ key: z.string(), text: z.string(), value: z.number() });
/** Each key's items counted and added up. An item of 0 has the key forgotten. */
const running = items.process('count', {
  init: () => ({ n: 0, total: 0 }),
  on: ({ n, total }, { key, value, text }) => {
    thrower({ text });
    const next = { n: n + 1, total: total + value };
    return { state: value === 0 ? undefined : next, emit: [{ key, ...next }] };
  },
  ttl: minutes(30),
});

/** Tells of a key that has had no item for ten minutes. An item of 'stop' cancels; after one of 'again' the key is told of
 *  each minute, three times in all; one of 'past' asks for a time that has passed. */
const silence = items.process('silence', {
  init: () => ({ n: 0, left: 1 }),
  on: ({ n }, { text }, { timeMs }) => {
    const waitMs = text === 'past' ? -hours(1) : minutes(10);
    const state = { n: n + 1, left: text === 'again' ? 3 : 1 };
    return text === 'stop' ? { state } : { state, wakeMs: timeMs + waitMs };
  },
  onWake: ({ n, left }, { key, wakeMs }) => ({
    state: left > 1 ? { n, left: left - 1 } : undefined,
    emit: [{ key, n, at: new Date(wakeMs).toISOString() }],
    wakeMs: wakeMs + minutes(1),
  }),
});

function windows(over: TimeOver, { grace = 0, outOfOrderness = 0 } = {}): Plan {
  const { closed, late } = items.window('windows', { over, grace, aggregate });
  return pipeline('windows', [closed.to(lake('closed', { schema: Window })), late.to(lake('late'))], {
    outOfOrderness,
  });
}

function updates(over: TimeOver, grace: number): Plan {
  const step = items.window('windows', { over, grace, aggregate });
  const schema = Window.extend({ revision: z.int() });
  return pipeline('updates', [step.updates.to(lake('updates', { schema }))], { outOfOrderness: 0 });
}

const { items: inOrder, late } = items.inOrder('sorted');

/** By name, what the cases' `pipeline` means. */
export const PIPELINES: Readonly<Record<string, Plan>> = {
  filter: pipeline('filter', [
    items
      .filter('positive', (item) => thrower(item).value > 0)
      .filter('below-100', ({ value }) => value < 100)
      .to(lake('kept')),
  ]),
  filterTexts: pipeline('filter-texts', [items.filter('short', ({ text }) => text.length <= 3).to(lake('texts'))]),
  map: pipeline('map', [
    items
      .map('double', (item) => {
        const { key, text, value } = thrower(item);
        return { key, text: text.toUpperCase(), value: value * 2 };
      })
      .map('negative', (item) => ({ ...item, value: -item.value }))
      .to(lake('mapped', { schema: Named })),
  ]),
  flatMap: pipeline('flat-map', [
    items
      .flatMap('tags-of', (item) => thrower(item).tags.map((tag) => ({ key: item.key, text: tag, value: tag.length })))
      .flatMap('twice', (item) => (item.text === 'twice' ? [item, item] : [item]))
      .to(lake('tags', { schema: Named })),
  ]),
  process: pipeline('process', [running.to(lake('running', { schema: Numbered }))], { outOfOrderness: 0 }),
  chain: pipeline('chain', [
    running
      .filter('even', ({ n }) => n % 2 === 0)
      .process('pair', {
        init: () => 0,
        on: (pairs, { key, total }) => ({ state: pairs + 1, emit: [{ key, n: pairs + 1, total }] }),
      })
      .to(lake('pairs', { schema: Numbered })),
  ]),
  timers: pipeline('timers', [silence.to(lake('silent', { schema: Woken }))], { outOfOrderness: minutes(1) }),
  inOrder: pipeline('in-order', [inOrder.to(lake('items')), late.to(lake('late'))], { outOfOrderness: minutes(5) }),
  tumbling: windows(tumbling(minutes(5))),
  tumblingGrace: windows(tumbling(minutes(5)), { grace: minutes(2) }),
  tumblingBounded: windows(tumbling(minutes(5)), { outOfOrderness: minutes(1) }),
  tumblingOffset: windows(tumbling(hours(1), { offset: minutes(15) })),
  tumblingUpdates: updates(tumbling(minutes(5)), minutes(2)),
  hopping: windows(hopping(minutes(10), minutes(5))),
  hoppingGrace: windows(hopping(minutes(10), minutes(5)), { grace: minutes(3) }),
  hoppingUneven: windows(hopping(minutes(10), minutes(4))),
  hoppingUpdates: updates(hopping(minutes(10), minutes(5)), 0),
  session: windows(session(minutes(10))),
  sessionGrace: windows(session(minutes(10)), { grace: minutes(20) }),
  sessionUpdates: updates(session(minutes(10)), minutes(20)),
  ...AGGREGATES,
  ...PASSING,
  ...WINDOWS,
};
