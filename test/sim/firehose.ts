/** What may happen to a record within a call. */
export type Fate = 'taken' | 'taken twice' | 'refused';

/** Firehose with its delivery behind it: records are rows as soon as they are taken. */
export class SimFirehose {
  /** Delivery stream → rows, copies included. */
  readonly rows = new Map<string, string[]>();

  putRecordBatch(
    { DeliveryStreamName, Records }: { DeliveryStreamName: string; Records: readonly { Data: Uint8Array }[] },
    fate: () => Fate,
  ): object {
    const rows = this.rows.get(DeliveryStreamName) ?? [];
    this.rows.set(DeliveryStreamName, rows);
    const RequestResponses = Records.map(({ Data }, index) => {
      const met = fate();
      if (met === 'refused') return { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
      const lines = Buffer.from(Data).toString().split('\n').slice(0, -1);
      rows.push(...lines, ...(met === 'taken twice' ? lines : []));
      return { RecordId: String(index) };
    });
    return { RequestResponses, FailedPutCount: RequestResponses.filter(({ ErrorCode }) => ErrorCode).length };
  }
}
