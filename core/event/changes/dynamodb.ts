import * as z from 'zod';
import { type CloudEvent, type Decode, IGNORED } from '../envelope.ts';
import { unmarshalled } from './attribute-value.ts';
import { type ChangeOptions, changeEvent, checked, isObject, keyOf, refused, tableOf } from './change.ts';

/** Reads the records that Kinesis Data Streams for DynamoDB puts
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html); other JSON is passed on as it is, so
 *  CloudEvents can share the stream. Key fields are attributes of the table's primary key. The event's id is
 *  DynamoDB's, and its source `/dynamodb/<region>/<table>`.
 *
 *  DynamoDB may put an item's changes in another order than they happened, and more than once: repeats go by their id,
 *  and `at`, to the microsecond where the stream is set so, gives the order. It chooses the partition key itself, a hash of
 *  the primary key, so steps that keep state need `.rekey()` before them. */
export function dynamodbChanges(options: ChangeOptions): Decode {
  return (json) => {
    if (!isObject(json) || json.eventSource !== 'aws:dynamodb') return json as CloudEvent;
    const { awsRegion, eventID, eventName, tableName, dynamodb } = checked(changeRecord, json);
    const table = tableOf(options, [tableName]);
    if (table === IGNORED) return IGNORED;
    const { Keys, OldImage, NewImage } = dynamodb;
    if (eventName !== 'REMOVE' && !NewImage) throw refused('dynamodb.NewImage: undefined', 'the item after the change');
    return changeEvent(table.type, `/dynamodb/${awsRegion}/${tableName}`, eventID, {
      op: OPERATIONS[eventName],
      at: timeOf(dynamodb),
      table: tableName,
      key: keyOf(table, unmarshalled(Keys, 'Keys')),
      before: OldImage && unmarshalled(OldImage, 'OldImage'),
      after: NewImage && unmarshalled(NewImage, 'NewImage'),
    });
  };
}

const OPERATIONS = { INSERT: 'insert', MODIFY: 'update', REMOVE: 'delete' } as const;

const attributes = z.record(z.string(), z.unknown());

const changeRecord = z.object({
  awsRegion: z.string(),
  eventID: z.string(),
  eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
  tableName: z.string(),
  dynamodb: z.object({
    ApproximateCreationDateTime: z.int().min(0).max(8.64e15),
    /** Streams made before there was a choice do not say: theirs are milliseconds. */
    ApproximateCreationDateTimePrecision: z.optional(z.enum(['MILLISECOND', 'MICROSECOND'])),
    Keys: attributes,
    OldImage: z.optional(attributes),
    NewImage: z.optional(attributes),
  }),
});

function timeOf({
  ApproximateCreationDateTime: time,
  ApproximateCreationDateTimePrecision: precision,
}: z.output<typeof changeRecord>['dynamodb']): string {
  if (precision !== 'MICROSECOND') return new Date(time).toISOString();
  const micros = String(time % 1000).padStart(3, '0');
  return new Date(Math.floor(time / 1000)).toISOString().replace('Z', `${micros}Z`);
}
