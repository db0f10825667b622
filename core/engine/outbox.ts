import { type Hop, type Rekeyed, rekeyedRecord, type Watermark, watermarkRecord } from '../event/control.ts';
import type { Json } from '../event/json.ts';
import { partitionKeyOf } from '../event/partition-key.ts';
import { versionAttribute } from '../event/upcast.ts';
import type { Message, Row } from '../operators/operator.ts';
import type { AlertNode, Plan, PublishNode, SinkNode, ViewNode } from '../pipeline/plan.ts';
import { NEXT_HOP, type OutgoingRecord, type Sinks } from '../ports.ts';
import type { ShardState } from './shard-state.ts';

/** A message with the slot whose outbox it lies in, and its place there. */
interface Placed extends Message {
  readonly hop: Hop;
  /** Of the last record that the slot finished. */
  readonly sequenceNumber: string;
}

/** Delivers what batches leave in their outboxes. */
export class Outbox {
  readonly #sinks: Sinks;
  readonly #nodes: ReadonlyMap<string, SinkNode>;

  constructor(plan: Plan, sinks: Sinks) {
    this.#sinks = sinks;
    this.#nodes = new Map(plan.nodes.flatMap((node) => (isSink(node) ? [[node.id, node]] : [])));
  }

  /** Delivers what the state's newest entry has in its outbox. `told` is what people would hear twice if it were delivered
   *  again; all else may be, at no harm. What is for a sink that the plan has no more is left out.
   *  @throws TransientError when a sink took not all of it. */
  async deliver(state: ShardState): Promise<'nothing' | 'delivered' | 'told'> {
    const { shardId, slot, outbox, position } = state;
    if (outbox.length === 0) return 'nothing';
    const rows: Row[] = [];
    const bySink = new Map<string, Placed[]>();
    for (const [index, each] of outbox.entries()) {
      if ('table' in each) rows.push(each);
      else {
        const messages = bySink.get(each.sink) ?? [];
        bySink.set(each.sink, messages);
        messages.push({ ...each, hop: [shardId, slot, index], sequenceNumber: position?.sequenceNumber ?? '0' });
      }
    }
    if (rows.length > 0) await this.#sinks.lake.deliver(rowsByTable(rows));
    for (const [sink, messages] of bySink) {
      if (sink === NEXT_HOP) await this.#forward(messages);
      else await this.#send(this.#nodes.get(sink), messages);
    }
    state.delivered();
    return [...bySink.keys()].some((sink) => this.#nodes.get(sink)?.kind === 'alert') ? 'told' : 'delivered';
  }

  async #send(node: SinkNode | undefined, messages: readonly Placed[]): Promise<void> {
    const { alerts, views, streams } = this.#sinks;
    switch (node?.kind) {
      case 'alert':
        return alerts.publish(messages.map((each) => alertOf(node, each)));
      case 'view':
        return views.put(node.id, rowsOf(node, messages));
      case 'publish':
        return streams.put(
          node.id,
          messages.map((each) => eventRecord(node, each)),
        );
      case 'rekey':
        return streams.put(NEXT_HOP, messages.map(rekeyed));
    }
  }

  /** Tells every shard behind the hop how far event time has come here. */
  async #forward(messages: readonly Placed[]): Promise<void> {
    for (const { hop: from, body } of messages) {
      const told = body as Pick<Watermark, 'watermarkMs' | 'clockMs' | 'of'>;
      await this.#sinks.streams.broadcast(NEXT_HOP, (shards) => bytes(watermarkRecord({ from, ...told, shards })));
    }
  }
}

/** Rows as the lake takes them. */
export function rowsByTable(rows: readonly Row[]): ReadonlyMap<string, readonly string[]> {
  const byTable = new Map<string, string[]>();
  for (const { table, json } of rows) {
    const ofTable = byTable.get(table);
    if (ofTable) ofTable.push(json);
    else byTable.set(table, [json]);
  }
  return byTable;
}

const isSink = (node: Plan['nodes'][number]): node is SinkNode =>
  ['lake', 'alert', 'view', 'publish', 'rekey'].includes(node.kind);

function alertOf({ id: alert }: AlertNode, { id, source, key, timeMs, body }: Placed) {
  const { subject, text } = body as { subject: string; text: string };
  return { alert, id, source, key, timeMs, subject, text };
}

/** The last row of each key. Its version is the place of the commit, not of the event: a parked event is taken through
 *  long after it came. Sequence numbers rise from shard to shard, slots within one. */
function rowsOf(_: ViewNode, messages: readonly Placed[]) {
  const rows = messages.map(({ key, body, sequenceNumber: number, hop: [, slot, index] }) => {
    const version = [padded(number.length, 3), number, padded(slot, 10), padded(index, 10)].join('/');
    return { key, version, row: (body as { row?: Json }).row };
  });
  return [...new Map(rows.map((each) => [each.key, each])).values()];
}

const padded = (count: number, digits: number) => String(count).padStart(digits, '0');

function eventRecord({ event }: PublishNode, { id, source, timeMs, body }: Placed): OutgoingRecord {
  const time = new Date(timeMs).toISOString();
  const key = String((body as Record<string, Json>)[event.key]);
  const data = bytes({
    specversion: '1.0',
    id,
    source,
    type: event.type,
    ...versionAttribute(event),
    time,
    data: body,
  });
  return { partitionKey: partitionKeyOf(key), data };
}

function rekeyed({ sink: step, id, source, timeMs, body, hop: from }: Placed): OutgoingRecord {
  const told = body as Pick<Rekeyed, 'key' | 'form' | 'item' | 'watermarkMs' | 'clockMs'>;
  const record = rekeyedRecord({ from, ...told, step, id, source, timeMs });
  return { partitionKey: partitionKeyOf(told.key), data: bytes(record) };
}

const bytes = (record: object) => Buffer.from(JSON.stringify(record));
