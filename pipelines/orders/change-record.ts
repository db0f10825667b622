/** A record as Kinesis Data Streams for DynamoDB puts it
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html), of a table whose key is `orderId`. */
export function changeRecord(
  eventID: string,
  atMicros: number,
  before: { readonly orderId: string } | undefined,
  after: { readonly orderId: string } | undefined,
) {
  const images = { ...(after && { NewImage: item(after) }), ...(before && { OldImage: item(before) }) };
  const eventName = before ? (after ? 'MODIFY' : 'REMOVE') : 'INSERT';
  return {
    awsRegion: 'eu-central-1',
    eventID,
    eventName,
    // Only time to live removes orders.
    userIdentity: eventName === 'REMOVE' ? { principalId: 'dynamodb.amazonaws.com', type: 'Service' } : null,
    recordFormat: 'application/json',
    tableName: 'orders',
    dynamodb: {
      ApproximateCreationDateTime: atMicros,
      Keys: { orderId: attribute((after ?? before)?.orderId) },
      ...images,
      SizeBytes: Buffer.byteLength(JSON.stringify(images)),
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
    },
    eventSource: 'aws:dynamodb',
  };
}

const item = (row: object) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, attribute(value)]));

/** A value with DynamoDB's type. Texts in an array are a set here. */
function attribute(value: unknown): object {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (!Array.isArray(value)) return { M: item(value as object) };
  return value.every((each) => typeof each === 'string') ? { SS: value } : { L: value.map(attribute) };
}
