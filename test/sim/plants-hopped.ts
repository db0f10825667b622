import type { Plant } from './plants.ts';

const LANES = 'core/engine/lanes.ts';
const STEP = 'core/engine/step.ts';
const STATE = 'core/engine/shard-state.ts';

/** Bugs of rekeys. */
export const HOPPED_PLANTS: readonly Plant[] = [
  {
    name: 'lanes-not-checked',
    means: 'what comes over the hop again counts again',
    kind: 'hopped',
    file: STEP,
    find: 'if (draft.lanes.has(control.from)) {',
    replace: 'if (draft.lanes.has(control.from) && false) {',
  },
  {
    name: 'older-slots-not-refused',
    means: 'an outbox that is delivered late, behind newer ones, counts again',
    kind: 'hopped',
    file: LANES,
    find: '(slot < lane.slot || (slot === lane.slot && lane.seen.has(index)))',
    replace: 'slot === lane.slot && lane.seen.has(index)',
  },
  {
    name: 'only-the-slot-is-remembered',
    means: 'of an outbox only the first record that comes is taken',
    kind: 'hopped',
    file: LANES,
    find: '(slot === lane.slot && lane.seen.has(index))',
    replace: 'slot === lane.slot',
  },
  {
    name: 'seen-lost-at-a-merge',
    means: 'a merged shard forgets what one parent had of the newest outbox',
    kind: 'hopped',
    file: LANES,
    find: '...(otherSlot === newest ? otherSeen : []), ',
    replace: '',
  },
  {
    name: 'lanes-lost-at-a-reshard',
    means: 'a child behind the hop has not heard of anything',
    kind: 'hopped',
    file: 'core/engine/genesis.ts',
    find: '...lanesOf(parts.map(({ details }) => details)),',
    replace: '',
  },
  {
    name: 'lanes-lost-in-a-snapshot',
    means: 'a cold start behind the hop has not heard of anything',
    kind: 'hopped',
    file: STATE,
    find: '...this.#lanesHeld(),\n        outbox: this.#outbox,',
    replace: 'outbox: this.#outbox,',
  },
  {
    name: 'time-of-this-batch-told',
    means: 'what an outbox tells of the time is ahead of what else is in it',
    kind: 'hopped',
    file: STEP,
    find: 'this.committedMs = draft.state.seenToMs;',
    replace: 'this.committedMs = draft.watermarkMs;',
  },
  {
    name: 'unheard-shard-not-waited-for',
    means: 'time behind the hop goes on without a shard that has not been heard of',
    kind: 'hopped',
    file: LANES,
    find: 'if (!lane || lane.watermarkMs === BEFORE_ALL_MS) return undefined;',
    replace: 'if (!lane) continue;\n      if (lane.watermarkMs === BEFORE_ALL_MS) return undefined;',
  },
  {
    name: 'first-event-not-waited-for',
    means: 'time behind the hop goes on without a shard that has just had its first event',
    kind: 'hopped',
    file: LANES,
    find: 'if (!lane || lane.watermarkMs === BEFORE_ALL_MS) return undefined;',
    replace: 'if (!lane) return undefined;\n      if (lane.watermarkMs === BEFORE_ALL_MS) continue;',
  },
  {
    name: 'the-faster-shard-decides',
    means: 'time behind the hop is that of the shard that is ahead',
    kind: 'hopped',
    file: LANES,
    find: 'Math.min(earliest ?? lane.watermarkMs, lane.watermarkMs)',
    replace: 'Math.max(earliest ?? lane.watermarkMs, lane.watermarkMs)',
  },
  {
    name: 'closed-shards-waited-for',
    means: 'time behind the hop stands still after a reshard before it',
    kind: 'hopped',
    file: 'adapters/kinesis/shards.ts',
    find: 'return shards.filter(({ SequenceNumberRange }) => !SequenceNumberRange?.EndingSequenceNumber).map(shardOf);',
    replace: 'return shards.map(shardOf);',
  },
  {
    name: 'hop-not-awaited',
    means: 'a batch is done before what it sends on is in the stream',
    kind: 'hopped',
    file: 'core/engine/outbox.ts',
    find: 'return streams.put(NEXT_HOP, messages.map(rekeyed));',
    replace: 'return void streams.put(NEXT_HOP, messages.map(rekeyed)).catch(() => {});',
  },
  {
    name: 'refused-items-overtaken',
    means: 'an item that the stream turned away goes behind those of its key',
    kind: 'hopped',
    file: 'adapters/kinesis/streams.ts',
    find: 'await putInOrder(nameOf(stream), packByKey(records));',
    replace: 'await Promise.all([...records].reverse().map((each) => putInOrder(nameOf(stream), [each])));',
  },
];
