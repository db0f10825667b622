import type { Plan, Ticket } from './journal.ts';

/** Where a record of a Kinesis stream comes from. */
export interface Origin {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Place within an aggregated record of the Kinesis Producer Library. */
  readonly subsequenceNumber: number;
  readonly partitionKey: string;
}

/** Data that Firehose has been given and when, ms of the epoch. */
export interface Arrived {
  readonly data: Buffer;
  readonly arrivalMs: number;
}

/** A record that Firehose answers for. */
export interface Accepted extends Arrived {
  /** Undefined: put directly. */
  readonly origin?: Origin | undefined;
}

/** A record on its way, or a part of it once it is taken apart. */
export interface Part extends Accepted {
  /** Settles with the other parts of the record. */
  readonly ticket: Ticket;
  /** Place among the record's parts. */
  readonly part: number;
  /** The delivery of an earlier run that this part belongs to. */
  readonly plan?: Plan | undefined;
  /** What a transforming function said of it. */
  readonly lambdaKeys?: Readonly<Record<string, string>> | undefined;
}

/** The part that a record's backup is. */
export const BACKUP_PART = -1;

/** Hints and limits hold for each shard; direct puts are one lane. */
export const laneOf = ({ origin }: Accepted): string => origin?.shardId ?? '';

export const bytesOf = (records: readonly Arrived[]): number => records.reduce((sum, { data }) => sum + data.length, 0);

/** A ticket that settles when so many parts have. */
export function sharedTicket(ticket: Ticket, parts: number): Ticket {
  let open = parts;
  if (parts === 1) return ticket;
  return {
    record: ticket.record,
    settle: () => {
      if (--open === 0) ticket.settle();
    },
  };
}
