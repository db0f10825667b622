import type { Patch } from './patch.ts';
import type { Kind } from './plan.ts';
import { HOPPED_PLANTS } from './plants-hopped.ts';
import { JOINED_PLANTS } from './plants-joined.ts';
import { TIMED_PLANTS } from './plants-timed.ts';

/** A bug on purpose, which the simulator must see. */
export interface Plant extends Patch {
  readonly name: string;
  /** What it breaks, in a few words. */
  readonly means: string;
  /** Whether it takes tight limits to come to it. */
  readonly tight?: true;
  /** Kind of pipelines that show it; any unless said. */
  readonly kind?: Kind;
}

const BATCH = 'core/engine/batch.ts';
const STEP = 'core/engine/step.ts';
const DRAFT = 'core/engine/draft.ts';
const GENESIS = 'core/engine/genesis.ts';
const SHARD_LOG = 'core/engine/shard-log.ts';
const COMMIT_LOG = 'adapters/dynamodb/commit-log.ts';
const SHARDS = 'adapters/kinesis/shards.ts';
const LAKE = 'adapters/firehose/lake.ts';
const PROCESSOR = 'functions/process/processor.ts';

export const PLANTS: readonly Plant[] = [
  // The fence and its order
  {
    name: 'no-condition',
    means: 'of two writers of a slot, the last one wins',
    file: COMMIT_LOG,
    find: "ConditionExpression: 'attribute_not_exists(pk)'",
    replace: '',
  },
  {
    name: 'no-writer-token',
    means: "another writer's entry is taken for the own one",
    file: COMMIT_LOG,
    find: "(await isOurs(key, token)) ? 'committed' : 'taken'",
    replace: "'committed'",
  },
  {
    name: 'commit-before-delivery',
    means: 'the checkpoint is written before the tables have acknowledged',
    file: BATCH,
    find: 'await deliver(program, draft, delivered, ports);\n    const snapshot = await takeSnapshot(state, ports);\n    if (await commit(state, draft.entry(program.shapes), ports, token)) {',
    replace:
      'const snapshot = await takeSnapshot(state, ports);\n    if (await commit(state, draft.entry(program.shapes), ports, token)) {\n      await deliver(program, draft, delivered, ports);',
  },
  {
    name: 'outbox-before-the-commit',
    means: 'rows of a state leave before it is known that the state stands',
    file: BATCH,
    find: 'const rows = [...draft.rows, ',
    replace: 'const rows = [...draft.rows, ...draft.outbox, ',
  },
  {
    name: 'warm-state-kept-after-a-lost-slot',
    means: 'who loses a slot goes on with the state it had',
    file: BATCH,
    find: "if (outcome !== 'committed') cache.drop(state.shardId);",
    replace: '',
  },
  {
    name: 'rows-delivered-again-after-a-lost-slot',
    means: 'a computation that is repeated repeats its rows',
    file: BATCH,
    find: 'return rows.filter((row) => !before.has(row));',
    replace: 'return rows;',
  },
  {
    name: 'a-slot-too-many-read',
    means: 'of a log longer than a page, only the newest page is read',
    file: COMMIT_LOG,
    find: '} while (start && left > 0);',
    replace: '} while (!start && start);',
  },
  {
    name: 'first-slot-expires',
    means: 'the beginning of a log is dropped after 30 days',
    file: COMMIT_LOG,
    find: '...(slot > 0 && {',
    replace: '...(slot >= 0 && {',
  },
  // The outbox
  {
    name: 'outbox-not-repaired',
    means: 'what an invocation left in the outbox is never sent',
    file: BATCH,
    find: 'const left = await ports.outbox.deliver(state);',
    replace: "const left: string = 'nothing';",
  },
  {
    name: 'outbox-repaired-for-new-records-only',
    means: 'the last outbox before a pause is not sent',
    file: BATCH,
    find: 'const left = await ports.outbox.deliver(state);',
    replace:
      "const isNew = BigInt(batch.records.at(-1)?.sequenceNumber ?? 0) > BigInt(state.position?.sequenceNumber ?? '0');\n    const left = isNew ? await ports.outbox.deliver(state) : 'nothing';",
  },
  {
    name: 'outbox-forgotten-when-it-fails',
    means: 'an outbox that Firehose refuses is taken as sent',
    file: 'core/engine/outbox.ts',
    find: 'await this.#sinks.lake.deliver(rowsByTable(rows));',
    replace: 'await this.#sinks.lake.deliver(rowsByTable(rows)).catch(() => {});',
  },
  {
    name: 'sealed-before-the-outbox',
    means: "a parent's last outbox is lost behind its seal",
    file: GENESIS,
    find: 'await ports.outbox.deliver(state);',
    replace: '',
  },
  // Positions and ids
  {
    name: 'sequence-numbers-as-numbers',
    means: 'numbers of 56 digits are rounded',
    file: 'core/engine/position.ts',
    find: 'if (left.length !== right.length) return left.length - right.length;',
    replace: 'return Number(a) - Number(b);',
  },
  {
    name: 'sequence-numbers-as-text',
    means: '10 comes before 9',
    file: 'core/engine/position.ts',
    find: 'if (left.length !== right.length) return left.length - right.length;',
    replace: '',
  },
  {
    name: 'position-not-checked',
    means: 'records that are committed are taken through again',
    file: DRAFT,
    find: 'return this.position !== undefined && comparePositions(position, this.position) <= 0;',
    replace: 'return false;',
  },
  {
    name: 'ids-not-remembered',
    means: "a producer's retry in a later batch counts twice",
    file: DRAFT,
    find: 'return recent.has(key, clockMs, this.keys.length);',
    replace: 'return false;',
  },
  {
    name: 'ids-of-the-batch-not-remembered',
    means: "a producer's retry in the same batch counts twice",
    file: DRAFT,
    find: 'if (arrivalMs !== undefined) return recent.isWithin(arrivalMs, clockMs);',
    replace: '',
  },
  {
    name: 'id-without-its-source',
    means: 'events of two sources are taken for one',
    file: 'core/engine/idempotency-key.ts',
    find: "hash('sha256', ",
    replace: "hash('sha256', id || ",
  },
  {
    name: 'horizon-shorter-than-the-retry',
    means: 'ids are forgotten too early',
    file: 'core/engine/recent-keys.ts',
    find: 'return arrivalMs >= clockMs - this.#horizonMs;',
    replace: 'return arrivalMs >= clockMs - 2_000;',
  },
  {
    name: 'ids-made-anew-at-each-delivery',
    means: 'a row that is delivered twice is two rows',
    file: 'core/operators/lake.ts',
    find: 'jsonText(event.id + suffix)',
    replace: 'jsonText(event.id + suffix + (Math.random() < 0.5 ? "" : "b"))',
  },
  // What the mapping is told
  {
    name: 'transient-failure-reported-as-done',
    means: 'a batch that was given back is taken as finished',
    file: PROCESSOR,
    find: 'return failuresFrom(records[0]?.sequenceNumber);',
    replace: 'return failuresFrom(undefined);',
  },
  {
    name: 'unfinished-records-not-reported',
    means: 'what the time did not suffice for is taken as finished',
    file: PROCESSOR,
    find: 'return failuresFrom(result.unfinished);',
    replace: 'return failuresFrom(undefined);',
  },
  {
    name: 'rest-of-a-full-commit-not-reported',
    means: 'what the commit had no room for is taken as finished',
    tight: true,
    file: BATCH,
    find: "if (outcome.is === 'full') return { draft, unfinished,",
    replace: "if (outcome.is === 'full') return { draft, unfinished: undefined,",
  },
  {
    name: 'stop-reported-as-done',
    means: 'a budget that is exceeded drops records',
    file: BATCH,
    find: 'return { draft, unfinished, stopped: outcome.why };',
    replace: 'return { draft, unfinished: undefined, stopped: outcome.why };',
  },
  {
    name: 'parking-budget-ignored',
    means: 'a bad deploy parks the whole stream',
    file: STEP,
    find: 'if (isOver(budget, threw)) {',
    replace: 'if (isOver(budget, threw) && false) {',
  },
  // The lake
  {
    name: 'refused-rows-dropped',
    means: 'what Firehose refuses within a call is lost',
    file: LAKE,
    find: 'left: records.filter((_, index) => answers[index]?.RecordId === undefined), cause };',
    replace: 'left: [], cause };',
  },
  {
    name: 'whole-call-again-under-new-ids',
    means: 'one refused record sends its call again, as other rows',
    file: LAKE,
    find: 'left: records.filter((_, index) => answers[index]?.RecordId === undefined), cause };',
    replace:
      'left: answers.every(({ RecordId }) => RecordId) ? [] : records.map((record) => Buffer.from(String(record).replaceAll(\'"event_id":"\', \'"event_id":"again-\'))), cause };',
  },
  {
    name: 'quarantine-not-delivered',
    means: 'one quarantined record of each batch is lost',
    file: BATCH,
    find: '...quarantined.map(',
    replace: '...quarantined.slice(1).map(',
  },
  // Reshards
  {
    name: 'child-before-its-parents',
    means: 'a child shard begins though its parent has records left',
    file: GENESIS,
    find: 'if (shard && (await ports.shards.hasRecordsAfter(shardId, known?.position))) {',
    replace: 'if (shard && (await ports.shards.hasRecordsAfter(shardId, known?.position)) && false) {',
  },
  {
    name: 'empty-page-taken-for-the-end',
    means: 'a parent is taken as drained when Kinesis answers with nothing',
    file: SHARDS,
    find: 'if (page.Records.length > 0) return true;',
    replace: 'return page.Records.length > 0;',
  },
  {
    name: 'half-an-aggregate-taken-as-finished',
    means: "a parent is taken as drained in the middle of its last record's events",
    tight: true,
    file: SHARDS,
    find: 'const isFinished = position.subSequence === RECORD_END;',
    replace: 'const isFinished = true;',
  },
  {
    name: 'parent-not-sealed',
    means: "a parent's log can go on behind its children's backs",
    file: GENESIS,
    find: "if ((await logs.append(state, sealOf(state), ports.newToken())) === 'committed') return [state];",
    replace: 'return [state];',
  },
  {
    name: 'one-parent-of-a-merge',
    means: 'a merged shard begins with the state of one parent',
    file: GENESIS,
    find: 'for (const parent of parents) states.push(',
    replace: 'for (const parent of parents.slice(0, 1)) states.push(',
  },
  {
    name: 'children-keep-all-keys',
    means: 'both halves of a split shard keep the states of all keys',
    file: 'core/engine/shard-state.ts',
    find: 'this.#held((partitionKey) => this.#goesTo(range, partitionKey)),',
    replace: 'this.#held(() => true),',
  },
  {
    name: 'ids-not-carried-to-children',
    means: "a producer's retry that lands in a child shard counts twice",
    file: GENESIS,
    find: 'keys: once(parts.flatMap(({ keys }) => keys).sort((a, b) => a.arrivalMs - b.arrivalMs)),',
    replace: 'keys: [],',
  },
  {
    name: 'parked-keys-lost-at-a-reshard',
    means: 'children begin with nothing parked',
    file: GENESIS,
    find: 'parked: parts.flatMap(({ details }) => details.parked ?? []),',
    replace: 'parked: [],',
  },
  {
    name: 'strays-lost-at-a-reshard',
    means: 'children leave what is parked under a key of another shard',
    file: 'core/engine/shard-state.ts',
    find: 'range.from <= own.from && own.from <= range.to;',
    replace: 'false;',
  },
  {
    name: 'shards-beyond-the-first-page',
    means: 'a shard on a later page is taken as unknown',
    file: SHARDS,
    find: '} while (token);',
    replace: '} while (!token && token);',
  },
  {
    name: 'wrong-shard-taken-in',
    means: "state is kept where the key's shard does not find it",
    file: STEP,
    find: 'if (draft.state.holds(record.partitionKey)) return undefined;',
    replace: 'if (draft) return undefined;',
  },
  {
    name: 'wrong-partition-key-taken-in',
    means: 'a key has its events in no order',
    file: STEP,
    find: 'if (record.partitionKey !== partitionKeyOf(key)) {',
    replace: 'if (record.partitionKey !== partitionKeyOf(key) && false) {',
  },
  // Steps that throw
  {
    name: 'state-of-a-failed-record-kept',
    means: 'a record that is parked has counted already',
    file: STEP,
    find: 'touched.isSet = true;',
    replace: 'touched.isSet = true;\n    this.#draft.setCell(touched);',
  },
  {
    name: 'followers-not-parked',
    means: 'only the record that threw waits',
    file: STEP,
    find: 'return draft.lot.keys.has(record.partitionKey) ? follow(',
    replace: 'return false ? follow(',
  },
  {
    name: 'followers-in-the-same-batch-overtake',
    means: 'a key that this batch parked is not seen as parked',
    file: STEP,
    find: 'return draft.lot.keys.has(record.partitionKey) ? follow(',
    replace: 'return draft.state.lot.keys.has(record.partitionKey) ? follow(',
  },
  {
    name: 'duplicates-of-parked-events-taken-in',
    means: "a producer's retry of a parked event is parked as well",
    file: STEP,
    find: "if (outcome.is === 'done' && draft.rejected.length === rejected) draft.remember(key, clockMs);",
    replace: "if (outcome.is === 'done' && !draft.lot.keys.has(record.partitionKey)) draft.remember(key, clockMs);",
  },
  {
    name: 'redrive-is-overtaken',
    means: 'once a redrive has begun, live events pass those that still wait',
    tight: true,
    file: STEP,
    find: 'return draft.lot.keys.has(record.partitionKey) ? follow(',
    replace: 'return draft.lot.keys.has(record.partitionKey) && !draft.redriven.has(record.partitionKey) ? follow(',
  },
  {
    name: 'redrive-in-reverse',
    means: 'parked records are taken through last first',
    file: STEP,
    find: 'for (const record of records) {\n      const failure',
    replace: 'for (const record of records.reverse()) {\n      const failure',
  },
  {
    name: 'redrive-not-committed',
    means: 'what was redriven is parked still',
    file: DRAFT,
    find: "...unlessEmpty('redriven', [...this.redriven]),",
    replace: '',
  },
  {
    name: 'strays-not-redriven',
    means: 'a redrive goes where the key belongs, not where its records wait',
    file: 'cli/redrive-keys.ts',
    find: 'hashKeyFor(key, shard.range)',
    replace: 'undefined',
  },
  {
    name: 'record-that-throws-again-is-dropped',
    means: 'a redrive that fails loses the record it fails on',
    file: STEP,
    find: 'draft.fail(key, failure);\n        return DONE;',
    replace: 'draft.fail(key, failure);\n        draft.release(key);\n        return DONE;',
  },
  {
    name: 'parked-records-shared-by-writers',
    means: 'who loses a slot overwrites the records that the winner parked',
    file: BATCH,
    find: 'state.slot + 1, token)',
    replace: "state.slot + 1, 'anybody')",
  },
  {
    name: 'parked-records-not-awaited',
    means: 'a record is committed as parked before it is stored',
    file: BATCH,
    find: 'if (draft.parked.size > 0) await objects.put(draft.object, encodeParked([...draft.parked.values()].flat()));',
    replace:
      'if (draft.parked.size > 0) void objects.put(draft.object, encodeParked([...draft.parked.values()].flat())).catch(() => {});',
  },
  // Snapshots and spilled entries
  {
    name: 'snapshot-newer-than-it-is',
    means: 'a snapshot is named after the slot behind its own',
    file: SHARD_LOG,
    find: 'const { slot, shardId, arrivalMs } = state;',
    replace: 'const { shardId, arrivalMs } = state;\n    const slot = state.slot + 1;',
  },
  {
    name: 'snapshot-older-than-it-is',
    means: 'a snapshot is named after the slot before its own',
    file: SHARD_LOG,
    find: 'const { slot, shardId, arrivalMs } = state;',
    replace: 'const { shardId, arrivalMs } = state;\n    const slot = state.slot - 1;',
  },
  {
    name: 'snapshot-named-though-not-stored',
    means: 'a snapshot that was lost is counted on',
    file: SHARD_LOG,
    find: 'await this.#ports.objects.put(this.#snapshotName(shardId, slot), bytes);',
    replace: 'await this.#ports.objects.put(this.#snapshotName(shardId, slot), bytes).catch(() => "");',
  },
  {
    name: 'tail-not-applied-after-a-snapshot',
    means: 'a cold start stops at the snapshot',
    file: SHARD_LOG,
    find: 'if (from > 0 && item.slot <= from) break;',
    replace: 'if (from > 0) break;',
  },
  {
    name: 'spilled-entries-shared-by-writers',
    means: "who loses a slot overwrites the winner's entry",
    tight: true,
    file: SHARD_LOG,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the code
    find: '${entry.slot}-${token}`;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the code
    replace: '${entry.slot}`;',
  },
  {
    name: 'spilled-entry-not-awaited',
    means: 'an item names an object that is not stored yet',
    tight: true,
    file: SHARD_LOG,
    find: 'await objects.put(name, encoded);',
    replace: 'void objects.put(name, encoded).catch(() => {});',
  },
  {
    name: 'snapshot-named-too-late',
    means: 'a snapshot is known to the environment that took it only',
    file: BATCH,
    find: 'const snapshot = await takeSnapshot(state, ports);\n    if (await commit(state, draft.entry(program.shapes), ports, token)) {',
    replace:
      'if (await commit(state, draft.entry(program.shapes), ports, token)) {\n      const snapshot = await takeSnapshot(state, ports);',
  },
  {
    name: 'no-snapshot-by-age',
    means: 'the entries of a slow shard expire before a snapshot holds what they say',
    file: SHARD_LOG,
    find: 'state.arrivalMs - tail.sinceMs >= SNAPSHOT_AGE_MS',
    replace: 'state.arrivalMs - tail.sinceMs >= 100 * SNAPSHOT_AGE_MS',
  },
  // The producer
  {
    name: 'refused-puts-not-put-again',
    means: 'what Kinesis refuses within a call is lost',
    file: 'adapters/kinesis/put-records.ts',
    find: "return result?.SequenceNumber ? undefined : (result?.ErrorCode ?? 'NoAnswer');",
    replace: 'return result ? undefined : undefined;',
  },
  {
    name: 'refused-puts-overtaken',
    means: 'a record that was refused goes behind those of its key',
    file: 'producer/waiting.ts',
    find: 'if (refused.has(entry)) entry.attempts += 1;',
    replace: 'if (refused.has(entry)) this.#entries.add((this.#entries.delete(entry), entry));',
  },
  ...TIMED_PLANTS,
  ...HOPPED_PLANTS,
  ...JOINED_PLANTS,
];
