import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A bug on purpose: in `file`, `find` becomes `replace`. The simulator must see each. */
export interface Plant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ROOT = join(import.meta.dirname, '../..');

export const PLANTS: readonly Plant[] = [
  {
    name: 'no-condition',
    file: 'adapters/dynamodb/commit-log.ts',
    find: "ConditionExpression: 'attribute_not_exists(pk)'",
    replace: '',
  },
  {
    name: 'sequence-numbers-as-numbers',
    file: 'core/engine/position.ts',
    find: 'if (left.length !== right.length) return left.length - right.length;',
    replace: 'return Number(a) - Number(b);',
  },
  {
    name: 'sequence-numbers-as-text',
    file: 'core/engine/position.ts',
    find: 'if (left.length !== right.length) return left.length - right.length;',
    replace: '',
  },
  {
    name: 'commit-before-delivery',
    file: 'core/engine/batch.ts',
    find: 'await deliver(program, progress, delivered, ports);\n    if (await commit(batch.shardId, state, progress, ports))',
    replace:
      'const stands = await commit(batch.shardId, state, progress, ports);\n    if (stands) await deliver(program, progress, delivered, ports);\n    if (stands)',
  },
  {
    name: 'no-writer-token',
    file: 'adapters/dynamodb/commit-log.ts',
    find: "(await isOurs(key, entry.token)) ? 'committed' : 'taken'",
    replace: "'committed'",
  },
  {
    name: 'warm-state-kept-after-a-lost-slot',
    file: 'core/engine/batch.ts',
    find: "if (outcome !== 'committed') ports.cache.drop(shardId);",
    replace: '',
  },
  {
    name: 'rows-delivered-again-after-a-lost-slot',
    file: 'core/engine/batch.ts',
    find: 'if (delivered.get(table)?.has(json)) continue;',
    replace: '',
  },
  {
    name: 'position-not-checked',
    file: 'core/engine/step.ts',
    find: 'if (seen.isPast(position)) continue;',
    replace: '',
  },
  { name: 'ids-not-remembered', file: 'core/engine/step.ts', find: ' || seen.hasSeen(key)', replace: '' },
  {
    name: 'ids-of-the-batch-not-remembered',
    file: 'core/engine/step.ts',
    find: 'progress.keys.has(key) || ',
    replace: '',
  },
  {
    name: 'horizon-shorter-than-the-retry',
    file: 'core/engine/shard-state.ts',
    find: 'this.#arrivalMs - this.#horizonMs;',
    replace: 'this.#arrivalMs - 2_000;',
  },
  {
    name: 'refused-records-dropped',
    file: 'adapters/firehose/lake.ts',
    find: 'return { left: records.filter((_, index) => answers[index]?.RecordId === undefined), cause };',
    replace: 'return { left: [], cause };',
  },
  {
    name: 'transient-failure-reported-as-done',
    file: 'functions/process/processor.ts',
    find: 'return failuresFrom(records[0]?.sequenceNumber);',
    replace: 'return failuresFrom(undefined);',
  },
  {
    name: 'unfinished-records-not-reported',
    file: 'functions/process/processor.ts',
    find: 'return failuresFrom(result.unfinished);',
    replace: 'return failuresFrom(undefined);',
  },
  {
    name: 'quarantine-not-delivered',
    file: 'core/engine/batch.ts',
    find: '...quarantined.map(',
    replace: '...quarantined.slice(1).map(',
  },
  {
    name: 'ids-made-anew-at-each-delivery',
    file: 'core/operators/lake.ts',
    find: 'event_id: item.event.id + item.suffix,',
    replace: 'event_id: item.event.id + item.suffix + (rows.length > 0 ? Math.random() : ""),',
  },
];

/** Changes the plant's file as it is loaded; to be called before anything imports it.
 *  @throws Error when the text to change is not there: the plant has to follow the code. */
export function plant({ name, file, find, replace }: Plant): void {
  const target = pathToFileURL(join(ROOT, file)).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = String(loaded.source);
      if (!source.includes(find)) throw new Error(`plant '${name}': ${file} does not hold: ${find}`);
      return { ...loaded, source: source.replace(find, replace) };
    },
  });
}
