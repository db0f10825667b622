import { deaggregate } from '../../core/event/aggregate.ts';
import type { Rekeyed } from '../../core/event/control.ts';
import { type Expected, type Line, Nths, type Taken } from './oracle.ts';
import type { Kind } from './plan.ts';
import type { SimRecord } from './stream.ts';

/** What must come of the records that the stream behind the hop accepted: each item where it was accepted first. What a
 *  key that is parked held up may be late, here as before the hop. */
export function expectationBehind(accepted: readonly SimRecord[], before: Expected, kind: Kind): Expected {
  const known = new Map([...before.taken.values()].flatMap(linesBehind).map((each) => [each.line.id, each]));
  const taken = new Map<string, Taken[]>();
  const firsts = new Set<string>();
  const nths = new Nths();
  for (const { record, partitionKey, identity, said, isItem } of hoppedOf(accepted)) {
    if (!isItem || firsts.has(said.id)) continue;
    firsts.add(said.id);
    const { line, isFaulty } = known.get(said.id) ?? { line: unknownLine(said), isFaulty: false };
    const ofKey = taken.get(partitionKey) ?? [];
    taken.set(partitionKey, ofKey);
    ofKey.push({
      id: said.id,
      source: said.source,
      identity,
      partitionKey,
      record,
      isFaulty,
      rows: kind === 'hopped' ? [nths.rowOf(line)] : [],
      lines: [line],
      order: undefined,
      isAlone: true,
    });
  }
  return { taken, quarantined: new Map(), dropped: [] };
}

/** What came over the hop, in the order of its acceptance. */
function* hoppedOf(accepted: readonly SimRecord[]) {
  for (const record of accepted) {
    for (const { partitionKey, data } of deaggregate(record.partitionKey, record.data)) {
      const { id, source, type, data: said } = JSON.parse(Buffer.from(data).toString());
      const isItem = type === 'millrace.rekeyed';
      if (!isItem && type !== 'millrace.watermark') continue;
      yield { record, partitionKey, identity: `${source} ${id}`, said: said as Rekeyed, isItem };
    }
  }
}

function linesBehind(events: readonly Taken[]) {
  const isHeldUp = events.some(({ isFaulty }) => isFaulty);
  return events.flatMap(({ lines, order }) =>
    lines.map((line) => ({
      line: isHeldUp ? { ...line, boundMs: Number.POSITIVE_INFINITY } : line,
      isFaulty: order?.fault === 'behind',
    })),
  );
}

/** The check says that it should not be there. */
const unknownLine = ({ id, key, timeMs }: Rekeyed): Line => ({ id, key, number: -1, timeMs, boundMs: timeMs });
